# SPDX-License-Identifier: Apache-2.0
"""Spinning of nodes, and their end in order."""
