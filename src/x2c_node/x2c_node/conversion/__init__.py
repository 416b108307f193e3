# SPDX-License-Identifier: Apache-2.0
"""Conversion between messages and plain values."""
