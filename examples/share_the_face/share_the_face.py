# SPDX-License-Identifier: Apache-2.0
"""A node that shares the face: the jaw follows speech, all else follows the person imitated.

. scripts/env.sh
ros2 run x2c_imitation imitation_node --ros-args -r control_values:=imitated/control_values &
python examples/share_the_face/share_the_face.py
ros2 topic pub speech_level std_msgs/msg/Float32 "data: 0.5"
"""

import numpy as np
import rclpy
from rclpy.node import Node
from std_msgs.msg import Float32

from x2c_core.control_space import controls
from x2c_msgs.msg import ControlValues
from x2c_node.qos import STREAM

JAW = controls.index("Jaw Pitch")


class ShareTheFace(Node):
    """Takes control values, replaces those of the jaw, and publishes the result."""

    def __init__(self, **node_arguments):
        super().__init__("share_the_face", **node_arguments)
        self.level = 0.0
        self.shared = self.create_publisher(ControlValues, "control_values", STREAM)
        self.create_subscription(ControlValues, "imitated/control_values", self.share, STREAM)
        self.create_subscription(Float32, "speech_level", self.hear, 10)

    def hear(self, message):
        """Take the level of speech, 0 (silent) to 1 (loudest)."""
        self.level = float(np.clip(np.nan_to_num(message.data), 0.0, 1.0))

    def share(self, message):
        """Publish the control values with a jaw that follows speech."""
        jaw = controls.CONTROLS[JAW]
        message.values[JAW] = jaw.maximum - self.level * (jaw.maximum - jaw.deployment_minimum)
        self.shared.publish(message)  # Stamp, state and person stay those of the imitation.


if __name__ == "__main__":
    rclpy.init()
    rclpy.spin(ShareTheFace())
