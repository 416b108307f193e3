# SPDX-License-Identifier: Apache-2.0
"""Backbones of mapping networks, from images to features."""
