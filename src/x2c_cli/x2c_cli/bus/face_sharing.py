# SPDX-License-Identifier: Apache-2.0
"""Sources of this process that share the face of running robots."""

from __future__ import annotations

import argparse
import time
from typing import Protocol

from std_msgs.msg import Header

from x2c_cli.bus.connection import Bus
from x2c_cli.bus.finding import find, servers
from x2c_cli.errors import BusError
from x2c_core.control_space.layers import ControlLayer
from x2c_msgs.msg import ControlLayer as LayerMessage
from x2c_node.conversion.headers import to_stamp
from x2c_node.conversion.messages import layer_to_message

MIXER = "face mixer (it runs with 'x2c imitate' and the launch file, unless mixer:=false)"
"""The node that is looked for, in words."""

_STATE, _STATE_KIND = "/mixer/state", "x2c_msgs/msg/MixerState"
_PERIOD = 1.0 / 60.0


def expression_services(bus: Bus, arguments: argparse.Namespace) -> list[str]:
    """Return the services that show named expressions on the chosen robots.

    Raises:
        BusError: There is none, or a choice is needed.
    """
    kind = "x2c_msgs/srv/PlayExpression"
    return find(bus, MIXER, lambda: servers(bus, kind, "/express"), arguments)


def source_topics(bus: Bus, arguments: argparse.Namespace, name: str) -> list[str]:
    """Return the topics of a source of the chosen robots.

    Args:
        bus: The bus.
        arguments: Arguments declared by `finding.add_arguments`.
        name: Name of the source.

    Raises:
        BusError: There is no mixer, or a choice is needed.
    """

    def mixers() -> list[str]:
        return [topic for topic in bus.topics(_STATE_KIND) if topic.endswith(_STATE)]

    found = find(bus, MIXER, mixers, arguments)
    return [f"{topic.removesuffix(_STATE)}/sources/{name}" for topic in found]


class LayerClip(Protocol):
    """Layers over time."""

    def at(self, time: float) -> ControlLayer | None:
        """Return the layer at a time since the beginning [s]; None after the end."""


def play(bus: Bus, clip: LayerClip, topics: list[str]) -> None:
    """Publish a clip until it ends or is interrupted, then let go.

    Args:
        bus: The bus.
        clip: Clip to play.
        topics: Topics to publish on, all in step.

    Raises:
        BusError: A mixer does not listen.
    """
    publishers = {topic: bus.publisher(LayerMessage, topic) for topic in topics}

    def publish(layer: ControlLayer) -> None:
        message = layer_to_message(layer, Header(stamp=to_stamp(time.time_ns())))
        for one in publishers.values():
            one.publish(message)

    for topic, one in publishers.items():
        if not bus.discover(one.get_subscription_count):
            raise BusError(f"nothing listens to {topic}: is face_mixer_node active?")
    began = time.monotonic()
    try:
        while (layer := clip.at(time.monotonic() - began)) is not None:
            publish(layer)
            bus.wait(lambda: False, _PERIOD)
    finally:
        publish(ControlLayer.nothing())
