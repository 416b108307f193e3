# SPDX-License-Identifier: Apache-2.0
"""Make data sets of (image, control values) pairs of bags."""
