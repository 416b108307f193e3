# SPDX-License-Identifier: Apache-2.0
"""Messages of one robot's nodes, received for Rerun."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import partial
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from sensor_msgs.msg import CompressedImage, Image, JointState

from x2c_bags.schema.topics import Part
from x2c_cli.bus.connection import Bus
from x2c_cli.bus.finding import actuations
from x2c_cli.bus.parameters import describe
from x2c_cli.bus.reports import TOPIC as DIAGNOSTICS
from x2c_cli.bus.robot_choice import RobotChoice
from x2c_cli.bus.robot_topics import COMPRESSED, as_jpeg, camera_topic, values_topic
from x2c_cli.errors import BusError
from x2c_core.errors import X2CError
from x2c_msgs.msg import ActuationState, ControlValues, FaceLandmarks

_DEPTH = 5

Take = Callable[[Part, Any], None]


class RerunBridge:
    """Receive what one robot's nodes publish, for as long as it is shown.

    Args:
        bus: Bus with the nodes.
        namespace: Namespace of the robot; ROOT for that of no name, empty for the only one.
        image_topic: Topic of the camera.
        take: Called with each message and the part that its topic plays.
    """

    def __init__(self, bus: Bus, namespace: str, image_topic: str, take: Take) -> None:
        self._bus = bus
        self._image_topic = image_topic
        self._take = take
        self._robots = RobotChoice(namespace)
        self._ends: dict[str, Callable[[], object]] = {}

    @property
    def advice(self) -> str:
        """Text that says which robots there are to choose from; empty if no choice is needed."""
        if self._robots.namespace is not None:
            return ""
        names = self._robots.names
        return (
            f"there are several robots, so none is shown: {', '.join(names)}; choose one with "
            f"--namespace {names[0]}"
        )

    def robot(self) -> str:
        """Return name or folder of the robot that is commanded; empty while it is not known."""
        for name in self._robots.chosen:
            with contextlib.suppress(BusError):
                for _, value in describe(self._bus, name, ("robot",)):
                    return str(value)
        return ""

    @property
    def topics(self) -> list[str]:
        """Names of the topics that are received."""
        return sorted(self._ends)

    def refresh(self) -> None:
        """Look which topics there are, and subscribe to those that are shown."""
        self._robots = RobotChoice(self._robots.wanted, actuations(self._bus))
        place = self._robots.namespace
        wanted = {} if place is None else self._wanted(place)
        for topic in self._ends.keys() - wanted.keys():
            self._ends.pop(topic)()
        for topic, (kind, part) in wanted.items():
            if topic not in self._ends and self._bus.ends(topic)[0]:
                take = partial(self._receive, part)
                self._ends[topic] = self._bus.subscribe(kind, topic, take, depth=_DEPTH)

    def close(self) -> None:
        """End all subscriptions."""
        for end in self._ends.values():
            end()
        self._ends.clear()

    def _wanted(self, place: str) -> dict[str, tuple[type, Part]]:
        camera = camera_topic(self._bus, place, self._image_topic)
        kind = CompressedImage if camera.endswith(COMPRESSED) else Image
        measured = f"{place}/{Part.JOINT_STATES}"
        # Measured positions where there are any, else those that are sent.
        joints = Part.JOINT_STATES if self._bus.ends(measured)[0] else Part.COMMANDS
        wanted: dict[str, tuple[type, Part]] = {
            camera: (kind, Part.CAMERA_IMAGE),
            f"{place}/{Part.ROBOT_IMAGE}": (CompressedImage, Part.ROBOT_IMAGE),
            f"{place}/{Part.FACE}": (FaceLandmarks, Part.FACE),
            values_topic(self._bus, place): (ControlValues, Part.CONTROLS),
            f"{place}/{joints}": (JointState, joints),
            DIAGNOSTICS: (DiagnosticArray, Part.DIAGNOSTICS),
        }
        for name in self._robots.chosen:
            wanted[f"{name}/state"] = (ActuationState, Part.ACTUATION_STATE)
        return wanted

    def _receive(self, part: Part, message: Any) -> None:
        if part is Part.CAMERA_IMAGE:
            try:
                message = as_jpeg(message)
            except X2CError:
                return
        elif part is Part.DIAGNOSTICS:
            mine = [one for one in message.status if self._robots.has(one.name)]
            message = DiagnosticArray(header=message.header, status=mine)
        self._take(part, message)
