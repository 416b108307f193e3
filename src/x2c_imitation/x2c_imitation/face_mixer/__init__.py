# SPDX-License-Identifier: Apache-2.0
"""The face shared by imitation and other sources of expressions; no ROS."""
