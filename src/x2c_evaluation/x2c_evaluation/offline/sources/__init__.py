# SPDX-License-Identifier: Apache-2.0
"""Frames of data sets, videos and image files."""
