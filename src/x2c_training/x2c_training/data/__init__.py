# SPDX-License-Identifier: Apache-2.0
"""Preparation, caching, loading and augmentation of training data."""
