# SPDX-License-Identifier: Apache-2.0
"""Folds of the skin."""
