# SPDX-License-Identifier: Apache-2.0
"""Neutral image of a robot, and measures of motion transfer."""
