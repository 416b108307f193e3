# SPDX-License-Identifier: Apache-2.0
"""Control space, face geometry, robot folders, files and images, without ROS."""
