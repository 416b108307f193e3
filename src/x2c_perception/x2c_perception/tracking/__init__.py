# SPDX-License-Identifier: Apache-2.0
"""From images to the smoothed face of one person."""
