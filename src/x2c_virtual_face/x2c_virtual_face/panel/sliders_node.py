# SPDX-License-Identifier: Apache-2.0
"""Publishes what the sliders say, so that they drive any robot through its actuation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from numpy.typing import ArrayLike
from std_msgs.msg import Header

from x2c_core.control_space import controls
from x2c_core.face.frames import NO_TRACK, ControlFrame, ControlState
from x2c_msgs.msg import ControlValues
from x2c_node.conversion.messages import controls_to_message
from x2c_node.diagnostics import Diagnosis, Level
from x2c_node.managed_node import ManagedNode
from x2c_node.parameters import Parameters
from x2c_node.qos import STREAM

_PERIOD = 1.0 / 30.0


@dataclass(frozen=True)
class SlidersParameters(Parameters):
    """The sliders have none of their own."""


class SlidersNode(ManagedNode[SlidersParameters]):
    """Publishes control values as a camera's frames would make them.

    Args:
        values: Gives the control values (30,) [ratio or rad] of the moment.
        node_arguments: Passed to rclpy's node.
    """

    def __init__(self, values: Callable[[], ArrayLike], **node_arguments: Any) -> None:
        super().__init__("sliders_node", SlidersParameters, **node_arguments)
        self._sliders = values

    def configure(self) -> None:
        """Make the publisher."""
        self._publisher = self.publisher(ControlValues, "control_values", STREAM)

    def activate(self) -> None:
        """Publish from now on."""
        self.timer(_PERIOD, self._publish)

    def diagnose(self) -> Diagnosis:
        """Report whether the topic has a subscriber, and whether it has another publisher."""
        topic = self.resolve_topic_name("control_values")
        others = self.count_publishers(topic) - 1
        if others > 0:
            text = f"{others} other publishers on {topic}: the robot gets the wishes of all"
            return Diagnosis(Level.WARN, text)
        listeners = self.count_subscribers(topic)
        if not listeners:
            return Diagnosis(
                Level.WARN, f"nothing subscribes to {topic}: is actuation_node running?"
            )
        return Diagnosis(Level.OK, f"{listeners} listen to {topic}")

    def _publish(self) -> None:
        frame = ControlFrame(
            values=controls.vector(self._sliders()),
            confidence=1.0,
            state=ControlState.TRACKING,
            track_id=NO_TRACK,
        )
        header = Header(stamp=self.get_clock().now().to_msg())
        self._publisher.publish(controls_to_message(frame, header))
