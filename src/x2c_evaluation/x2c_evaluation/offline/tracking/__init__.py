# SPDX-License-Identifier: Apache-2.0
"""Decoding and tracking in a process beside the one that does the rest."""
