# SPDX-License-Identifier: Apache-2.0
"""Choice of the topic of a bag to evaluate: a camera's, or recorded landmarks."""

from __future__ import annotations

from collections.abc import Mapping

from x2c_bags.errors import TopicError
from x2c_bags.frames.bag_frames import FACE
from x2c_bags.frames.topic_images import COMPRESSED, IMAGE, VIDEO
from x2c_bags.reading.bag_reader import BagReader
from x2c_bags.reading.storage import BagTopic
from x2c_bags.schema.topics import Part
from x2c_core.words import counted

_TRANSPORTS = ("/compressed", "/ffmpeg", "/h264", "/h265", "/foxglove")
"""Ends that transports give to the name of a camera's topic."""

_IMAGES = (IMAGE, COMPRESSED, *VIDEO)
_DEPTH = (
    *("/compressedDepth", "/depth", "/depth/image_raw", "/depth/image_rect_raw"),
    "/aligned_depth_to_color/image_raw",
)
_NO_CAMERA = (*_DEPTH, "/debug_image", "/face/crop", "/robot/image_raw")
"""Ends of names of images that no camera has made of a person."""


def choices(reader: BagReader) -> list[BagTopic]:
    """Return what can be evaluated in a bag: each camera once, recorded landmarks where none is.

    Where a bag of ours says which topic is the camera's, there is no other choice.
    """
    found = list(_cameras(reader.topics).values())
    if reader.says_parts:
        said = [one for one in found if reader.parts.get(one.name) is Part.CAMERA_IMAGE]
        found = said or found
    if not found:
        faces = [
            one
            for one in reader.topics.values()
            if one.message_type == FACE and reader.parts.get(one.name) is not Part.NEUTRAL_FACE
        ]
        counted = any(one.count for one in reader.topics.values())
        found = [one for one in faces if one.count or not counted]
    return sorted(found, key=lambda one: one.name)


def choose_topic(reader: BagReader, wanted: str) -> str:
    """Return the topic to evaluate.

    Args:
        reader: Reader of the bag.
        wanted: Name given by the user, with or without a leading slash; "" for the only one there
            is.

    Raises:
        TopicError: There is none, or there are several; it has those there are.
    """
    found = choices(reader)
    listed = ", ".join(map(described, found))
    names = [one.name for one in found]
    if wanted:
        for name in (wanted, "/" + wanted.lstrip("/")):
            topic = reader.topics.get(name)
            if topic is not None and topic.message_type in (*_IMAGES, FACE):
                return name
        raise TopicError(
            f"{reader.path} has no images and no landmarks on {wanted}; it has: "
            f"{listed or 'neither'}",
            names,
        )
    if not found:
        there = ", ".join(sorted(reader.topics)) or "none"
        depth = any(name.endswith(_DEPTH) for name in reader.topics)
        left_out = "; images of depth are left out, as they show no face" if depth else ""
        raise TopicError(
            f"{reader.path} has no images and no face landmarks{left_out}; its topics: {there}",
            names,
        )
    if len(found) > 1:
        raise TopicError(
            f"{reader.path} has several topics that can be evaluated: {listed}; choose one with "
            "--topic",
            names,
        )
    return found[0].name


def described(topic: BagTopic) -> str:
    """Return a topic as people read it in a list."""
    kind = topic.message_type.rpartition("/")[2]
    return f"{topic.name} ({kind}, {counted(topic.count, 'message')})"


def _cameras(topics: Mapping[str, BagTopic]) -> dict[str, BagTopic]:
    """Return the topics of a bag's cameras, by name without transport.

    Of a camera that was recorded both raw and compressed, the topic with more images is taken,
    and the raw one where there are as many.
    """
    images = {name: one for name, one in topics.items() if one.message_type in _IMAGES}
    counted = any(one.count for one in images.values())
    found: dict[str, BagTopic] = {}
    for name, one in images.items():
        base = base_name(name)
        # A damaged bag does not tell counts; else a topic without images is no camera.
        if (counted and not one.count) or name.endswith(_NO_CAMERA) or base.endswith(_NO_CAMERA):
            continue
        best = found.get(base)
        if best is None or _rank(one) > _rank(best):
            found[base] = one
    return found


def base_name(topic: str) -> str:
    """Return the name of a topic of images without the end that its transport gives it."""
    for end in _TRANSPORTS:
        topic = topic.removesuffix(end)
    return topic


def _rank(topic: BagTopic) -> tuple[int, int]:
    return topic.count, -_IMAGES.index(topic.message_type)
