# SPDX-License-Identifier: Apache-2.0
"""A tracked face in the terms of REP-155 (ROS4HRI); no ROS."""
