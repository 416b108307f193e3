# SPDX-License-Identifier: Apache-2.0
"""The parts of the nodes without ROS, run frame by frame."""
