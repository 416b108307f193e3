# SPDX-License-Identifier: Apache-2.0
"""Camera frames, control values and joint positions of a bag."""
