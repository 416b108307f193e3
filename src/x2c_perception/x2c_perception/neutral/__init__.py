# SPDX-License-Identifier: Apache-2.0
"""Neutral faces of persons: calibration and storage."""
