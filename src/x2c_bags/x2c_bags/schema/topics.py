# SPDX-License-Identifier: Apache-2.0
"""Recorded topics, by the part they play in the pipeline."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


class Part(enum.StrEnum):
    """Part a topic plays; the value is the topic's name before any remapping."""

    CAMERA_IMAGE = "image_raw/compressed"
    CAMERA_INFO = "camera_info"
    FACE = "face"
    NEUTRAL_FACE = "face/neutral"
    CONTROLS = "control_values"
    COMMANDS = "joint_commands"
    ACTUATION_STATE = "actuation_node/state"
    JOINT_STATES = "joint_states"
    ROBOT_IMAGE = "robot/image_raw/compressed"
    ROBOT_INFO = "robot/camera_info"
    DIAGNOSTICS = "/diagnostics"
    MIXED_CONTROLS = "mixer/control_values"
    MIXER_STATE = "mixer/state"
    IDLE_LAYER = "sources/idle"
    BLENDSHAPES_LAYER = "sources/blendshapes"
    SPEECH_LAYER = "sources/speech"
    SPEECH_GESTURES_LAYER = "sources/speech_gestures"
    SAY_LAYER = "sources/say"
    PLAY_LAYER = "sources/play"


@dataclass(frozen=True)
class Topic:
    """A recorded topic.

    Attributes:
        part: The part it plays.
        message_type: For example "sensor_msgs/msg/JointState".
        latched: Whether the last message is kept for those who subscribe later.
        depth: Queue depth of the publisher.
        image: Whether it holds images, which are most of a bag.
        shared_face: Whether it exists only while `face_mixer_node` runs; a bag without messages of
            it does not name it, and it is known by its name alone.
    """

    part: Part
    message_type: str
    latched: bool = False
    depth: int = 1
    image: bool = False
    shared_face: bool = False


TOPICS: tuple[Topic, ...] = (
    Topic(Part.CAMERA_IMAGE, "sensor_msgs/msg/CompressedImage", image=True),
    Topic(Part.CAMERA_INFO, "sensor_msgs/msg/CameraInfo"),
    Topic(Part.FACE, "x2c_msgs/msg/FaceLandmarks"),
    Topic(Part.NEUTRAL_FACE, "x2c_msgs/msg/FaceLandmarks", latched=True),
    Topic(Part.CONTROLS, "x2c_msgs/msg/ControlValues"),
    Topic(Part.COMMANDS, "sensor_msgs/msg/JointState"),
    Topic(Part.ACTUATION_STATE, "x2c_msgs/msg/ActuationState", depth=10),
    Topic(Part.JOINT_STATES, "sensor_msgs/msg/JointState"),
    Topic(Part.ROBOT_IMAGE, "sensor_msgs/msg/CompressedImage", image=True),
    Topic(Part.ROBOT_INFO, "sensor_msgs/msg/CameraInfo"),
    Topic(Part.DIAGNOSTICS, "diagnostic_msgs/msg/DiagnosticArray", depth=10),
    Topic(Part.MIXED_CONTROLS, "x2c_msgs/msg/ControlValues", shared_face=True),
    Topic(Part.MIXER_STATE, "x2c_msgs/msg/MixerState", latched=True, shared_face=True),
    Topic(Part.IDLE_LAYER, "x2c_msgs/msg/ControlLayer", shared_face=True),
    Topic(Part.BLENDSHAPES_LAYER, "x2c_msgs/msg/ControlLayer", shared_face=True),
    Topic(Part.SPEECH_LAYER, "x2c_msgs/msg/ControlLayer", shared_face=True),
    Topic(Part.SPEECH_GESTURES_LAYER, "x2c_msgs/msg/ControlLayer", shared_face=True),
    Topic(Part.SAY_LAYER, "x2c_msgs/msg/ControlLayer", shared_face=True),
    Topic(Part.PLAY_LAYER, "x2c_msgs/msg/ControlLayer", shared_face=True),
)


def parts_of(recorded: Mapping[str, str], said: Mapping[str, str]) -> dict[str, Part]:
    """Return which part each topic of a bag plays; topics that play none are left out.

    A bag of ours says which topic plays which part. In another one, or one that was not finished,
    a topic is known by the end of its name, or by being the only one of its type.

    Args:
        recorded: Message type of each topic, by name.
        said: Topics by part, from the bag's metadata.
    """
    found: dict[str, Part] = {}
    for topic in TOPICS:
        names = [name for name, kind in recorded.items() if kind == topic.message_type]
        name = said.get(topic.part) or _by_name(names, topic.part)
        if name is None and not topic.shared_face:
            name = _only(names, found)
        if name in names and name not in found:
            found[name] = topic.part
    return found


def _by_name(names: Iterable[str], part: Part) -> str | None:
    wanted = "/" + part.lstrip("/")
    ends = [name for name in names if name.endswith(wanted)]
    # "/robot/image_raw/compressed" ends like the camera's too.
    others = ["/" + other for other in Part if other != part and other.endswith(wanted)]
    ends = [name for name in ends if not any(name.endswith(other) for other in others)]
    return min(ends, key=len, default=None)


def _only(names: list[str], found: Mapping[str, Part]) -> str | None:
    known = tuple("/" + part.lstrip("/") for part in Part)
    free = [name for name in names if name not in found and not name.endswith(known)]
    return free[0] if len(free) == 1 else None
