# SPDX-License-Identifier: Apache-2.0
"""Imitation of one person, from a tracked face to control values."""
