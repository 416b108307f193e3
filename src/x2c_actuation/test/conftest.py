# SPDX-License-Identifier: Apache-2.0
"""A small robot."""

from x2c_testing.small_robot import robot, write_robot, write_robot_to

__all__ = ["robot", "write_robot", "write_robot_to"]
