# SPDX-License-Identifier: Apache-2.0
"""Runtimes of mapping networks, and export for them."""
