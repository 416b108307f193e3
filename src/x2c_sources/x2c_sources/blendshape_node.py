# SPDX-License-Identifier: Apache-2.0
"""ROS node that lets a phone or program drive the robot's face with blendshapes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from std_msgs.msg import Header
from std_srvs.srv import Trigger

from x2c_core.arrays import Array
from x2c_core.control_space import controls
from x2c_core.control_space.layers import ControlLayer
from x2c_core.printable import printable
from x2c_msgs.msg import ControlLayer as LayerMessage
from x2c_msgs.msg import ControlValues
from x2c_node.conversion.messages import controls_from_message, layer_to_message
from x2c_node.diagnostics import Diagnosis, Level
from x2c_node.managed_node import ManagedNode
from x2c_node.parameters import Parameters, parameter
from x2c_node.qos import NEWEST, NEWEST_SUBSCRIBER
from x2c_node.robots import find_robot
from x2c_node.spinning.spin import run_node
from x2c_sources.blendshapes.formats import FORMATS
from x2c_sources.blendshapes.receiver import PuppetReceiver
from x2c_sources.blendshapes.rest_shapes import RestShapes
from x2c_sources.blendshapes.sender import VMCSender
from x2c_sources.blendshapes.shape_table import table_of

_MIRRORED = np.array([control.mirror for control in controls.CONTROLS])


@dataclass(frozen=True)
class BlendshapeParameters(Parameters):
    """Parameters of the node."""

    robot: str = parameter(
        "virtual",
        "Robot whose folder may have a blendshapes.yaml: a name, or a path with a slash.",
    )
    format: str = parameter(
        "live_link_face", "Format of the packets received.", choices=tuple(FORMATS)
    )
    address: str = parameter(
        "127.0.0.1",
        "Address of this machine to listen at. The default hears only this machine; 0.0.0.0 hears "
        "every network, for a phone.",
    )
    port: int = parameter(
        0, "UDP port to listen at; 0 for the format's own.", minimum=0, maximum=65535
    )
    phone: str = parameter(
        "",
        "Address of the phone, such as 192.168.1.7: only its packets are heard, and it is asked "
        "to send, which iFacialMocap and Facemotion3d need. Empty: the first sender.",
    )
    mirror: bool = parameter(
        False,
        "Show the face as a mirror does: the person's left on the robot's right.",
        dynamic=True,
    )
    poll_rate: float = parameter(
        120.0, "Rate at which packets are looked for [Hz].", minimum=10.0, maximum=1000.0
    )
    silence: float = parameter(
        0.5,
        "Time without a face after which the sender counts as gone, and another one may take "
        "over [s].",
        minimum=0.05,
        maximum=60.0,
    )
    vmc_out: str = parameter(
        "",
        "Where to send what the robot does as VMC, so that an avatar mirrors it: HOST:PORT, such "
        "as 127.0.0.1:39540; empty: nowhere.",
    )


class BlendshapeNode(ManagedNode[BlendshapeParameters]):
    """Receive blendshapes over UDP, publish them as a layer on `sources/blendshapes`.

    While no face comes, nothing is published, and the mixer gives the face back to the others.

    Args:
        node_arguments: Passed to rclpy's node.
    """

    def __init__(self, **node_arguments: Any) -> None:
        super().__init__("blendshape_node", BlendshapeParameters, **node_arguments)
        self._receiver: PuppetReceiver | None = None
        self._sender: VMCSender | None = None

    def configure(self) -> None:
        """Read the table and make the publisher."""
        self._table = table_of(find_robot(self.params.robot))
        self._rest = RestShapes()
        self._told = ""
        self._layers = self.publisher(LayerMessage, "sources/blendshapes", NEWEST)
        self.service(Trigger, "~/calibrate_neutral", self._calibrate)

    def activate(self) -> None:
        """Listen for packets."""
        params = self.params
        self._begin = time.monotonic()
        self._present = False
        self._receiver = PuppetReceiver(
            FORMATS[params.format],
            params.address,
            params.port,
            params.silence,
            phone=params.phone,
        )
        self.end_with(self._receiver.close)
        if params.vmc_out:
            self._sender = VMCSender(params.vmc_out)
            self.end_with(self._sender.close)
            self.subscription(
                ControlValues, "mixer/control_values", self._send_values, NEWEST_SUBSCRIBER
            )
        self.timer(1.0 / params.poll_rate, self._poll)

    @property
    def port(self) -> int:
        """Port that is listened at; 0 while the node is not active."""
        return 0 if self._receiver is None else self._receiver.port

    def diagnose(self) -> Diagnosis:
        """Report whether faces come, from whom, and what was dropped."""
        receiver = self._receiver
        if receiver is None:
            return Diagnosis(Level.STALE, "stopped")
        where = f"{self.params.address}:{receiver.port}"
        values = {"listening at": where, "format": self.params.format, "sender": receiver.sender}
        counts = receiver.counts + receiver.requests
        values |= {name: str(count) for name, count in counts.items()}
        if receiver.last_error:
            values["last malformed packet"] = receiver.last_error
        if receiver.is_silent:
            form = self.params.format
            if receiver.counts and not self.statistics.rates:
                return Diagnosis(Level.WARN, f"no face in the packets at {where}: {form}?", values)
            # A puppeteer comes and goes.
            return Diagnosis(Level.OK, f"waiting for {form} packets at {where}", values)
        rate = self.statistics.rates["face"].rate
        return Diagnosis(Level.OK, f"{receiver.sender} at {rate:.1f} Hz", values)

    def _poll(self) -> None:
        receiver = self._receiver
        if receiver is None:
            return
        shapes = receiver.newest()
        if receiver.last_error and not self._told:
            self._told = receiver.last_error
            self.get_logger().warning(printable(f"malformed packet dropped: {self._told}"))
        if shapes is not None:
            self._publish(shapes)
        present = not receiver.is_silent
        if present != self._present:
            self._present = present
            text = "sends a face" if present else "has left"
            self.get_logger().info(printable(f"{receiver.sender} {text}"))

    def _publish(self, shapes: Array) -> None:
        values, mask = self._table.to_controls(self._rest.beyond(shapes))
        if self.params.mirror:
            values, mask = controls.mirror(values), mask[_MIRRORED]
        header = Header(stamp=self.get_clock().now().to_msg())
        self._layers.publish(layer_to_message(ControlLayer(values, mask), header))
        self.statistics.tick("face")

    def _send_values(self, message: ControlValues) -> None:
        if self._sender is not None:
            values = controls_from_message(message).values
            shapes = self._table.to_shapes(values)
            self._sender.send(shapes, time.monotonic() - self._begin)

    def _calibrate(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self._rest.begin()
        response.success = True
        response.message = "the next 30 faces are averaged: keep a resting face"
        return response


def main() -> None:
    """Run the node."""
    run_node(BlendshapeNode)
