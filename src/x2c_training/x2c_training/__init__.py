# SPDX-License-Identifier: Apache-2.0
"""Trains mapping networks on pairs of images and control values, and measures them."""
