# SPDX-License-Identifier: Apache-2.0
"""Boards of motors, read from robot.yaml."""
