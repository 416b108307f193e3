# SPDX-License-Identifier: Apache-2.0
"""Checks before the nodes of a graph start."""
