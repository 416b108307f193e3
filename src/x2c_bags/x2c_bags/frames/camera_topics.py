# SPDX-License-Identifier: Apache-2.0
"""The camera of a bag that can be played: its images and its calibration."""

from __future__ import annotations

from dataclasses import dataclass

from x2c_bags.errors import TopicError
from x2c_bags.frames.bag_frames import FACE
from x2c_bags.frames.topic_choice import base_name, choose_topic
from x2c_bags.frames.topic_images import COMPRESSED, IMAGE, VIDEO
from x2c_bags.reading.bag_reader import BagReader

INFO = "sensor_msgs/msg/CameraInfo"


@dataclass(frozen=True)
class CameraTopic:
    """A camera's images in a bag.

    Attributes:
        name: Name of the topic.
        compressed: Whether they are CompressedImage messages, rather than Image.
        info: Topic of the camera's calibration; empty where the bag has none.
    """

    name: str
    compressed: bool
    info: str = ""


def choose_camera(reader: BagReader, wanted: str = "", *, video: bool = False) -> CameraTopic:
    """Return the camera of a bag.

    Args:
        reader: Reader of the bag.
        wanted: Topic of its images; empty for the only camera there is.
        video: Whether its images may be packets of a video, which have to be decoded in order.

    Raises:
        TopicError: There is none, or several: the text lists them.
    """
    name = choose_topic(reader, wanted)
    kind = reader.topics[name].message_type
    if kind == FACE:
        raise TopicError(
            f"{reader.path} has no camera images, only landmarks on {name}: there is nothing to "
            "play, but 'x2c evaluate' takes it",
            [],
        )
    if kind in VIDEO and not video:
        raise TopicError(
            f"{name} holds packets of a video, and a replay passes on images as they were "
            f"recorded: play it as a camera, with 'x2c imitate --video {reader.path}'",
            [],
        )
    base = name if kind == IMAGE else base_name(name)
    # As image_transport does it: the calibration is the image's neighbour.
    info = f"{base.rpartition('/')[0]}/camera_info"
    there = info in reader.topics and reader.topics[info].message_type == INFO
    return CameraTopic(name, kind == COMPRESSED, info if there else "")
