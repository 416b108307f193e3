# SPDX-License-Identifier: Apache-2.0
"""Train mapping networks on pairs of images and control values, and measure them."""
