# SPDX-License-Identifier: Apache-2.0
"""Measures of how well the robot imitates."""
