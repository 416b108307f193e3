# SPDX-License-Identifier: Apache-2.0
"""Which topic of a bag shows the person."""

from __future__ import annotations

from dataclasses import dataclass

from x2c_evaluation.bag_reader import BagReader
from x2c_evaluation.errors import TopicError
from x2c_evaluation.offline.bag_frames import COMPRESSED, FACE, IMAGE
from x2c_evaluation.topics import Part

_NO_CAMERA = ("/robot/image_raw", "/face/crop", "/debug_image", "/depth", "/aligned_depth")
"""Ends of names of pictures that show no person, or not as a camera sees one."""

_COMPRESSED = "/compressed"
_DEPTH = "/compressedDepth"


@dataclass(frozen=True)
class Choice:
    """A topic that can be evaluated.

    Attributes:
        name: Of the topic.
        message_type: Its type.
        count: How many messages it has.
    """

    name: str
    message_type: str
    count: int

    def __str__(self) -> str:
        """Return one line for people."""
        return f"{self.name} ({self.message_type.rpartition('/')[2]}, {self.count} messages)"


def choices(reader: BagReader) -> list[Choice]:
    """Return what can be evaluated in a bag, each camera once.

    Cameras go before recorded landmarks. Where a bag of ours says which topic is the camera's,
    there is no other choice.
    """
    there = [
        Choice(one.name, one.message_type, one.count)
        for one in reader.topics.values()
        if one.count and one.message_type in (IMAGE, COMPRESSED)
    ]
    said = [one for one in there if reader.parts.get(one.name) is Part.CAMERA_IMAGE]
    if reader.says_parts and said:
        return said
    cameras = [
        one
        for one in there
        if reader.parts.get(one.name) is not Part.ROBOT_IMAGE and not _is_no_camera(one.name)
    ]
    raw = {one.name for one in cameras if one.message_type == IMAGE}
    # The same camera twice: what was not compressed says more.
    cameras = [
        one for one in cameras if one.name.removesuffix(_COMPRESSED) not in raw - {one.name}
    ]
    if cameras:
        return sorted(cameras, key=lambda one: one.name)
    names = {part: name for name, part in reader.parts.items()}
    faces = [
        Choice(one.name, one.message_type, one.count)
        for one in reader.topics.values()
        if one.count and one.message_type == FACE and one.name != names.get(Part.NEUTRAL_FACE)
    ]
    return sorted(faces, key=lambda one: one.name)


def choose_topic(reader: BagReader, wanted: str) -> str:
    """Return the topic to evaluate.

    Args:
        reader: Of the bag.
        wanted: As the user names it, a slash in front or not; "" for the only one there is.

    Raises:
        TopicError: There is none, or there are several; `choices` has those there are.
    """
    found = choices(reader)
    if wanted:
        name = "/" + wanted.strip("/")
        topic = reader.topics.get(name) or reader.topics.get(wanted)
        if topic is not None and topic.message_type in (IMAGE, COMPRESSED, FACE):
            return topic.name
        there = "; there are: " + ", ".join(map(str, found)) if found else ""
        reason = "is no topic of it" if topic is None else f"has no images ({topic.message_type})"
        raise TopicError(f"{reader.path}: {wanted} {reason}{there}", found)
    if not found:
        there = ", ".join(sorted(reader.topics)) or "none"
        raise TopicError(
            f"{reader.path} has no images and no face landmarks; its topics: {there}", found
        )
    if len(found) > 1:
        listed = ", ".join(map(str, found))
        raise TopicError(
            f"{reader.path} has several topics with images: {listed}; choose one with --topic",
            found,
        )
    return found[0].name


def _is_no_camera(name: str) -> bool:
    base = name.removesuffix(_COMPRESSED)
    return name.endswith(_DEPTH) or any(base.endswith(end) for end in _NO_CAMERA)
