# SPDX-License-Identifier: Apache-2.0
"""Bags made without ROS."""

from x2c_testing.made_bags import grey, make_bag, messages, write_bag

__all__ = ["grey", "make_bag", "messages", "write_bag"]
