# SPDX-License-Identifier: Apache-2.0
"""Makes data sets of (image, control values) pairs of bags."""
