# SPDX-License-Identifier: Apache-2.0
"""The way from control values to joint positions inside every limit."""
