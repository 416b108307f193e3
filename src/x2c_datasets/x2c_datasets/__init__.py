# SPDX-License-Identifier: Apache-2.0
"""Data sets of images with control values: formats, collection, export and fits."""
