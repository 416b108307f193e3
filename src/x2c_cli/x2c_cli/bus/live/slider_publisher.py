# SPDX-License-Identifier: Apache-2.0
"""Sliders of the live page as a source of control values, in a thread of its own."""

from __future__ import annotations

import threading
import time
from typing import Any

from std_msgs.msg import Header

from x2c_bringup.page.sliders import Sliders
from x2c_cli.bus.connection import ANNOUNCED, Bus
from x2c_core.control_space.layers import ControlLayer
from x2c_core.face.frames import NO_TRACK, ControlFrame, ControlState
from x2c_msgs.msg import ControlLayer as LayerMessage
from x2c_msgs.msg import ControlValues
from x2c_node.conversion.headers import to_stamp
from x2c_node.conversion.messages import controls_to_message, layer_to_message

SOURCE = "sliders"
"""Name of the source of the face mixer."""

_PERIOD = 1.0 / 30.0
_IDLE = 0.2


class SliderPublisher:
    """Publish what the sliders ask for, while they ask for something.

    Through the mixer only the controls that were moved are asked for. Without a mixer and another
    publisher of control values, all values are published.

    Args:
        sliders: The sliders.
        always: Whether all values are published without a mixer also while no slider is held.
    """

    def __init__(self, sliders: Sliders, *, always: bool = False) -> None:
        self._sliders = sliders
        self._always = always
        self._lock = threading.Lock()
        self._publisher: Any = None
        self._topic = ""
        self._asking = False
        self._opened = time.monotonic()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sliders")
        self.refusal = "the nodes are still being looked for: try again in a moment"

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """Let go and end; the publisher ends with its bus."""
        self._closing.set()
        self._thread.join()

    def aim(self, bus: Bus, place: str | None) -> None:
        """Choose the topic, by what there is; in the thread of the bus.

        Args:
            bus: The bus.
            place: Namespace of the robot, empty for the root; None while none is chosen.
        """
        wanted: tuple[type, str] | None = None
        values = f"{place}/control_values"
        mixer = place is not None and bus.ends(f"{place}/mixer/state")[0] > 0
        others = bus.ends(values)[0] - (self._topic == values)
        self.refusal = ""
        if mixer:
            wanted = (LayerMessage, f"{place}/sources/{SOURCE}")
        elif others and place is not None:
            self.refusal = (
                "sliders cannot share the face here: another node publishes control_values, and "
                "no mixer runs (it does unless mixer:=false, or --no-mixer)"
            )
        elif not self._always and time.monotonic() - self._opened < ANNOUNCED:
            # Imitation may be there, and not discovered yet.
            self.refusal = "the nodes are still being looked for: try again in a moment"
        elif place is not None:
            wanted = (ControlValues, values)
        if self._sliders.layer.empty and not self._asking and not (self._always and not mixer):
            # A publisher that says nothing would still be one of control values.
            wanted = None
        topic = wanted[1] if wanted else ""
        if topic == self._topic:
            return
        with self._lock:
            if self._publisher is not None:
                bus.end_publisher(self._publisher)
            self._publisher = bus.stream(*wanted) if wanted else None
            self._topic = topic

    def _run(self) -> None:
        while not self._closing.is_set():
            asking = self._publish(self._sliders.layer)
            self._closing.wait(_PERIOD if asking else _IDLE)
        self._publish(ControlLayer.nothing())

    def _publish(self, layer: ControlLayer) -> bool:
        """Publish a layer, or once that nothing is asked for; return whether something is."""
        with self._lock:
            publisher, asking = self._publisher, not layer.empty
            mixed = publisher is not None and publisher.msg_type is LayerMessage
            if publisher is None or not (asking or self._asking or (self._always and not mixed)):
                return asking
            self._asking = asking
            header = Header(stamp=to_stamp(time.time_ns()))
            if mixed:
                publisher.publish(layer_to_message(layer, header))
                return asking
            if not self._closing.is_set():
                frame = ControlFrame(layer.values, 1.0, ControlState.TRACKING, NO_TRACK)
                publisher.publish(controls_to_message(frame, header))
            return True
