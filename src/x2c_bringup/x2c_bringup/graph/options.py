# SPDX-License-Identifier: Apache-2.0
"""Options of the graph: one table for launch arguments and command lines."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from x2c_bringup.errors import GraphError
from x2c_imitation import backends
from x2c_sources.blendshapes.formats import FORMATS

_DESCRIPTION = "description"
_CHOICES = "choices"


def _option(default: Any, description: str, choices: tuple[str, ...] = ()) -> Any:
    metadata = {_DESCRIPTION: description, _CHOICES: choices}
    return dataclasses.field(default=default, metadata=metadata)


@dataclasses.dataclass(frozen=True)
class GraphOptions:
    """Options of the graph; an empty text or None leaves the choice to the parameter file."""

    filename: str = _option(
        "",
        "Source in place of a camera: a video, an image, a folder of images, a bag, "
        "'performer' for the built-in performer, or NAME:TEXT with the name of a source.",
    )
    camera_options: str = _option(
        "", "Options of the camera source, as 'NAME=VALUE NAME=VALUE'; 'x2c sources' lists them."
    )
    loop: bool | None = _option(
        None, "Play a file again when it ends; empty: as in params_file (false)."
    )
    video_device: str = _option(
        "", "Camera: its index, or a path such as /dev/video0; empty: as in params_file (0)."
    )
    robot: str = _option(
        "",
        "Robot to drive: the name of an installed one, or the path of a robot's folder; "
        "empty: as in params_file (virtual).",
    )
    backend: str = _option(
        "",
        "Imitation backend, such as solver or x2cnet; empty: as in params_file (solver).",
    )
    backend_options: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Options of the backend as texts, by name."""
    neutral_file: str = _option(
        "",
        "Image of the person at rest, or saved neutral face (.npz); empty: as in params_file "
        "(none).",
    )
    mirror: bool | None = _option(
        None,
        "Show the person's left on the robot's right, as a mirror does; empty: as in params_file "
        "(false).",
    )
    rotate: str = _option(
        "",
        "Clockwise turn of images of a camera on its side or upside down [deg]; empty: as in "
        "params_file, or as recognised from the faces.",
        ("", "0", "90", "180", "270"),
    )
    params_file: str = _option(
        "", "YAML file with parameters of the nodes; empty: none. Arguments win over it."
    )
    namespace: str = _option("", "Namespace of all nodes and topics; empty: none.")
    image_topic: str = _option(
        "image_raw",
        "Topic of the camera image; the name of your driver's topic with camera:=false.",
    )
    image_transport: str = _option(
        "",
        "Transport of images to the tracker: 'raw', or 'compressed' for image_topic/compressed; "
        "empty: as in params_file (raw).",
        ("", "raw", "compressed"),
    )
    camera: bool = _option(True, "Start camera_node; false if another driver publishes images.")
    face: bool = _option(
        True,
        "Start the node that moves the joints: motor_driver_node if robot.yaml has a driver "
        "section, else virtual_face_node; false if your own driver moves them.",
    )
    mixer: bool = _option(
        True,
        "Start face_mixer_node between imitation and actuation, so that speech, clips and "
        "puppeteers share the face; false: actuation follows control_values itself.",
    )
    speech: bool = _option(
        False, "Start speech_node, which moves the mouth to speech; it brings the mixer along."
    )
    microphone: str = _option(
        "",
        "Start speech_node with this microphone, which the mouth follows: a name or a part of it, "
        "a number, or 'default'. Empty: as in params_file (none).",
    )
    idle: bool = _option(
        False, "Start idle_node, which lets the face blink and breathe; it brings the mixer along."
    )
    blendshapes: str = _option(
        "",
        "Start blendshape_node for a puppeteer that sends this format; it brings the mixer along. "
        "Empty: none.",
        ("", *FORMATS),
    )
    frames: bool = _option(
        False,
        "Start face_frames_node, which publishes head, face and gaze on /tf and landmarks as "
        "markers.",
    )
    humans: bool = _option(
        False,
        "Start humans_node, which publishes the followed person under /humans as REP-155 says; "
        "needs hri_msgs.",
    )
    description: bool = _option(
        False,
        "Start robot_state_publisher with the robot's URDF, for RViz; it brings frames along.",
    )
    record: str = _option(
        "",
        "Folder to record to, with recorder_node; true: a new one in recordings/; empty: none.",
    )
    use_composition: bool = _option(
        True,
        "Run camera_node, face_tracker_node and, with the solver, imitation_node in one process, "
        "and face_mixer_node in that of actuation_node; false: each node in a process of its own.",
    )
    use_sim_time: bool | None = _option(
        None,
        "Take time from /clock, as in the replay of a bag; empty: as in params_file (false).",
    )
    autostart: bool | None = _option(
        None,
        "Nodes configure and activate themselves; false leaves that to 'ros2 lifecycle'; "
        "empty: as in params_file (true).",
    )
    respawn: bool = _option(
        False,
        "Start camera_node, face_tracker_node, imitation_node, face_frames_node, humans_node and "
        "robot_state_publisher again when they fail; the others have state, and end the launch.",
    )
    log_level: str = _option(
        "info",
        "Lowest level that the nodes log.",
        ("debug", "info", "warn", "error", "fatal"),
    )

    def __post_init__(self) -> None:
        """Refuse options that cannot be.

        Raises:
            GraphError: A value is not among the choices, or two options contradict each other.
        """
        for field in _described():
            choices = field.metadata[_CHOICES]
            value = getattr(self, field.name)
            if choices and value not in choices:
                known = ", ".join(repr(choice) for choice in choices)
                raise GraphError(f"{field.name}: expected one of {known}, got {value!r}")
        if not self.image_topic:
            raise GraphError("image_topic: expected the name of a topic, got ''")
        if not self.camera and (self.filename or self.video_device):
            given = "filename" if self.filename else "video_device"
            raise GraphError(
                f"{given}: has no effect with camera:=false; "
                "give it to your own camera driver, or let camera_node run"
            )

    @property
    def shares_face(self) -> bool:
        """True if other sources share the face with imitation."""
        return self.mixer or self.speaks or self.idle or bool(self.blendshapes)

    @property
    def speaks(self) -> bool:
        """True if speech moves the mouth."""
        return self.speech or bool(self.microphone)

    @classmethod
    def from_texts(cls, texts: Mapping[str, str]) -> GraphOptions:
        """Return the options written as texts, as launch arguments are.

        Raises:
            GraphError: An option is unknown or its value cannot be.
        """
        known = {field.name: field for field in _described()}
        values: dict[str, Any] = {}
        others = {name: text for name, text in texts.items() if name not in known}
        if others:
            of_backends = {one.name for one in backends.option_texts()}
            for name in others:
                if name not in of_backends:
                    every = ", ".join([*known, *sorted(of_backends)])
                    raise GraphError(f"unknown option {name!r}; options: {every}")
            values["backend_options"] = {name: text for name, text in others.items() if text}
        for name in texts.keys() - others.keys():
            values[name] = _value(known[name], texts[name])
        return cls(**values)


@dataclasses.dataclass(frozen=True)
class OptionText:
    """An option as a user reads it.

    Attributes:
        name: Name of the option.
        description: One sentence.
        default: Default value as text.
        choices: Texts allowed; empty for any.
    """

    name: str
    description: str
    default: str
    choices: tuple[str, ...]


def option_texts() -> tuple[OptionText, ...]:
    """Return all options as users read them."""
    texts = []
    for field in _described():
        default = "" if field.default is None else str(field.default)
        choices = field.metadata[_CHOICES]
        if _is_switch(field):
            default = default.lower()
            choices = ("true", "false") if default else ("", "true", "false")
        texts.append(OptionText(field.name, field.metadata[_DESCRIPTION], default, choices))
    return tuple(texts)


def backend_option_texts() -> tuple[OptionText, ...]:
    """Return the options of all installed imitation backends, those of the graph left out."""
    own = {field.name for field in _described()}
    texts = []
    for one in backends.option_texts():
        if one.name in own:
            continue
        usual = f" ({one.default})" if one.default else ""
        sentence = f"{one.description.removesuffix('.')}; empty: as in params_file{usual}."
        choices = ("", *one.choices) if one.choices else ()
        texts.append(OptionText(one.name, sentence, "", choices))
    return tuple(texts)


def description(name: str) -> str:
    """Return the sentence that describes an option."""
    return next(text.description for text in option_texts() if text.name == name)


def _described() -> list[dataclasses.Field[Any]]:
    return [one for one in dataclasses.fields(GraphOptions) if _DESCRIPTION in one.metadata]


def _is_switch(field: dataclasses.Field[Any]) -> bool:
    return field.default is None or isinstance(field.default, bool)


def _value(field: dataclasses.Field[Any], text: str) -> str | bool | None:
    if not _is_switch(field):
        return text
    return None if field.default is None and not text else switch(field.name, text)


def switch(name: str, text: str) -> bool:
    """Return whether an option is on.

    Raises:
        GraphError: The text is neither true nor false.
    """
    switches = {"true": True, "1": True, "false": False, "0": False}
    if text.lower() not in switches:
        raise GraphError(f"{name}: expected true or false, got {text!r}")
    return switches[text.lower()]
