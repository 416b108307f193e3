# SPDX-License-Identifier: Apache-2.0
"""Topics of one robot that viewers show, chosen among those that there are."""

from __future__ import annotations

from sensor_msgs.msg import CompressedImage, Image

from x2c_cli.bus.connection import Bus

COMPRESSED = "/compressed"
_QUALITY = 80


def camera_topic(bus: Bus, place: str, topic: str) -> str:
    """Return the topic of the camera; where there is a compressed one, that, as it is smaller.

    Args:
        bus: The bus.
        place: Namespace of the robot; empty for the root.
        topic: Topic of the camera, raw or compressed.
    """
    raw = topic if topic.startswith("/") else f"{place}/{topic}"
    compressed = raw if raw.endswith(COMPRESSED) else f"{raw}{COMPRESSED}"
    return compressed if bus.ends(compressed)[0] else raw


def values_topic(bus: Bus, place: str) -> str:
    """Return the topic of what the robot gets: where there is a mixer, that of the mixer.

    Args:
        bus: The bus.
        place: Namespace of the robot; empty for the root.
    """
    mixed = f"{place}/mixer/control_values"
    return mixed if bus.ends(mixed)[0] else f"{place}/control_values"


def as_jpeg(message: CompressedImage | Image) -> CompressedImage:
    """Return an image as JPEG, or as it is if it is compressed already.

    Raises:
        X2CError: Its encoding is not known.
    """
    if not isinstance(message, Image):
        return message
    # OpenCV takes a third of a second to load, and most cameras publish JPEG themselves.
    from x2c_node.conversion.images import bgr_to_jpeg, image_to_bgr

    return bgr_to_jpeg(image_to_bgr(message), message.header, _QUALITY)
