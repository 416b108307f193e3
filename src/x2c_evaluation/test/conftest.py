# SPDX-License-Identifier: Apache-2.0
"""Bags made without ROS."""

from x2c_testing.camera_bags import camera_bag, images, writers
from x2c_testing.made_bags import grey, make_bag, messages, write_bag

__all__ = ["camera_bag", "grey", "images", "make_bag", "messages", "write_bag", "writers"]
