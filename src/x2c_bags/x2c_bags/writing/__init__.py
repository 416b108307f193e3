# SPDX-License-Identifier: Apache-2.0
"""Bags that stay readable when the process is killed or the disk is full."""
