# SPDX-License-Identifier: Apache-2.0
"""Report and video of one recorded run."""
