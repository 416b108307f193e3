# SPDX-License-Identifier: Apache-2.0
"""Recording, reading and replay of rosbag2 bags."""
