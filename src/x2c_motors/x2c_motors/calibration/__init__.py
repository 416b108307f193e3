# SPDX-License-Identifier: Apache-2.0
"""Calibration of motors by their owner."""
