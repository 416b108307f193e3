# SPDX-License-Identifier: Apache-2.0
"""Which topic of a bag is the camera that watched the person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from x2c_evaluation.errors import BagError
from x2c_evaluation.sources.storage import BagTopic
from x2c_evaluation.topics import Part

IMAGE = "sensor_msgs/msg/Image"
COMPRESSED = "sensor_msgs/msg/CompressedImage"
INFO = "sensor_msgs/msg/CameraInfo"

_COMPRESSED_END = "/compressed"
_NO_CAMERA = ("/compressedDepth", "/debug_image", "/face/crop", "/robot/image_raw")
"""Ends of names of images that no camera has made of a person."""


@dataclass(frozen=True)
class CameraTopic:
    """A camera's images in a bag.

    Attributes:
        name: Of the topic.
        compressed: Whether they are CompressedImage messages, rather than Image.
        count: How many there are; 0 where the bag does not tell before it is read.
        info: Topic of the camera's calibration; empty where the bag has none.
    """

    name: str
    compressed: bool
    count: int
    info: str = ""


def choose_camera(
    topics: Mapping[str, BagTopic], parts: Mapping[str, Part], wanted: str = ""
) -> CameraTopic:
    """Return the camera's topic in a bag.

    Of a camera that was recorded both raw and compressed, the topic with more images is taken, and
    the raw one where there are as many.

    Args:
        topics: Of the bag, by name.
        parts: Which topics of the bag play which part in the pipeline.
        wanted: Name of the topic; empty to find it.

    Raises:
        BagError: There is none, or several: the text lists them.
    """
    images = {name: one for name, one in topics.items() if one.message_type in (IMAGE, COMPRESSED)}
    listed = ", ".join(f"{name} ({one.count} images)" for name, one in images.items())
    if wanted:
        for name in (wanted, "/" + wanted.lstrip("/")):
            if name in images:
                return _camera(images[name], topics)
        raise BagError(
            f"the bag has no images on {wanted}; it has: {listed or 'no images at all'}"
        )
    ours = [name for name, part in parts.items() if part is Part.CAMERA_IMAGE]
    cameras: dict[str, BagTopic] = {}
    for name, one in images.items():
        if one.count == 0 and any(other.count for other in images.values()):
            continue
        base = name.removesuffix(_COMPRESSED_END)
        if base.endswith(_NO_CAMERA) or name.endswith(_NO_CAMERA):
            continue
        best = cameras.get(base)
        if best is None or (one.count, one.message_type == IMAGE) > (
            best.count,
            best.message_type == IMAGE,
        ):
            cameras[base] = one
    for name in ours:
        if cameras.get(name.removesuffix(_COMPRESSED_END)) is not None:
            return _camera(cameras[name.removesuffix(_COMPRESSED_END)], topics)
    if not cameras:
        raise BagError(f"the bag has no camera images; it has: {listed or 'no images at all'}")
    if len(cameras) > 1:
        listed = ", ".join(f"{one.name} ({one.count} images)" for one in cameras.values())
        raise BagError(f"the bag has several cameras: {listed}; choose one with `topic`")
    return _camera(next(iter(cameras.values())), topics)


def _camera(topic: BagTopic, topics: Mapping[str, BagTopic]) -> CameraTopic:
    compressed = topic.message_type == COMPRESSED
    base = topic.name.removesuffix(_COMPRESSED_END) if compressed else topic.name
    # As image_transport does it: the calibration is the image's neighbour.
    neighbour = f"{base.rpartition('/')[0]}/camera_info"
    there = neighbour in topics and topics[neighbour].message_type == INFO
    return CameraTopic(topic.name, compressed, topic.count, neighbour if there else "")
