# SPDX-License-Identifier: Apache-2.0
"""Make data sets: a robot plays animations, and images are kept with the control values."""
