# SPDX-License-Identifier: Apache-2.0
"""Evaluation of recordings without ROS's messages: the nodes' pure parts, frame by frame."""
