# SPDX-License-Identifier: Apache-2.0
"""Recordings for viewers of others: Rerun."""
