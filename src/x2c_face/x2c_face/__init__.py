# SPDX-License-Identifier: Apache-2.0
"""Control space, landmark topology, head pose, expression descriptors and robot folders, free of ROS."""
