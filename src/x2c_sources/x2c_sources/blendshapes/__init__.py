# SPDX-License-Identifier: Apache-2.0
"""Puppeteers: from blendshapes that programs and phones send to control values."""
