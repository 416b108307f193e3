# SPDX-License-Identifier: Apache-2.0
"""ROS node that lets a robot's face live: it blinks, looks about and breathes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from std_msgs.msg import Header

from x2c_core.face.frames import ControlState
from x2c_msgs.msg import ControlLayer as LayerMessage
from x2c_msgs.msg import ControlValues
from x2c_node.conversion.messages import controls_from_message, layer_to_message
from x2c_node.diagnostics import Diagnosis, Level
from x2c_node.managed_node import ManagedNode
from x2c_node.parameters import Parameters, parameter
from x2c_node.qos import NEWEST, NEWEST_SUBSCRIBER
from x2c_node.spinning.spin import run_node
from x2c_sources.idle.blinks import AT_REST
from x2c_sources.idle.idle_life import IdleLife


@dataclass(frozen=True)
class IdleParameters(Parameters):
    """Parameters of the node."""

    rate: float = parameter(50.0, "Rate of the layers [Hz].", minimum=10.0, maximum=200.0)
    blinks_per_minute: float = parameter(
        AT_REST, "Mean rate of blinks [1/min]; people at rest: 17.", minimum=1.0, maximum=60.0
    )
    breaths_per_minute: float = parameter(
        14.0, "Rate of breathing [1/min].", minimum=1.0, maximum=60.0
    )
    search_after: float = parameter(
        8.0,
        "Time without a person after which the face looks about for one [s]; 0: never.",
        minimum=0.0,
        maximum=3600.0,
    )
    seed: int = parameter(
        0, "Seed: the same one gives the same blinks; -1: another one each time.", minimum=-1
    )


class IdleNode(ManagedNode[IdleParameters]):
    """Publish blinks, eye movements, breathing and a search for people on `sources/idle`.

    Args:
        node_arguments: Passed to rclpy's node.
    """

    def __init__(self, **node_arguments: Any) -> None:
        super().__init__("idle_node", IdleParameters, **node_arguments)

    def configure(self) -> None:
        """Make the publisher."""
        self._layers = self.publisher(LayerMessage, "sources/idle", NEWEST)

    def activate(self) -> None:
        """Begin to live."""
        params = self.params
        seed = params.seed if params.seed >= 0 else time.time_ns() % 2**32
        self._life = IdleLife(
            seed, params.blinks_per_minute, params.breaths_per_minute, params.search_after
        )
        self._begin = time.monotonic()
        self.subscription(ControlValues, "control_values", self._see, NEWEST_SUBSCRIBER)
        self.timer(1.0 / params.rate, self._publish)

    def diagnose(self) -> Diagnosis:
        """Report whether the layers have a subscriber."""
        if not self._layers.get_subscription_count():
            topic = self.resolve_topic_name("sources/idle")
            text = f"nothing subscribes to {topic}: is face_mixer_node running?"
            return Diagnosis(Level.WARN, text)
        return Diagnosis(Level.OK, "alive")

    def _see(self, message: ControlValues) -> None:
        frame = controls_from_message(message)
        imitated = frame.state is ControlState.TRACKING
        self._life.see(time.monotonic() - self._begin, frame.values, imitated)

    def _publish(self) -> None:
        layer = self._life.layer(time.monotonic() - self._begin)
        header = Header(stamp=self.get_clock().now().to_msg())
        self._layers.publish(layer_to_message(layer, header))


def main() -> None:
    """Run the node."""
    run_node(IdleNode)
