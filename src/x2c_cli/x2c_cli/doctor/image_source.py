# SPDX-License-Identifier: Apache-2.0
"""A process that publishes some images, for the doctor to receive."""

from __future__ import annotations

import time

import numpy as np
from rclpy.node import Node
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from x2c_bringup.run.composed import ros
from x2c_node.conversion.images import bgr_to_image
from x2c_node.qos import IMAGE_PUBLISHER

COUNT = 60
"""Number of images to publish."""

TOPIC = "x2c_doctor/image"

_PERIOD = 1.0 / 30.0
_PATIENCE = 10.0


def main() -> None:
    """Publish the images as soon as there is a subscriber."""
    image = np.random.default_rng(0).integers(0, 255, (480, 640, 3), np.uint8)
    with ros(as_it_is=True):
        node = Node(
            "x2c_doctor_source", use_global_arguments=False, start_parameter_services=False
        )
        publisher = node.create_publisher(Image, TOPIC, IMAGE_PUBLISHER)
        limit = time.monotonic() + _PATIENCE
        while not publisher.get_subscription_count() and time.monotonic() < limit:
            time.sleep(_PERIOD)
        for _ in range(COUNT):
            header = Header(stamp=node.get_clock().now().to_msg(), frame_id="doctor")
            publisher.publish(bgr_to_image(image, header))
            time.sleep(_PERIOD)
        node.destroy_node()


if __name__ == "__main__":
    main()
