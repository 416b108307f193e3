# SPDX-License-Identifier: Apache-2.0
"""Ameca over ZeroMQ, as VividFace's programs on a computer beside the robot talk to it.

One message a frame from a PUB socket: 30 parts, each the decimal text of one control in upstream's
order, ratios and degrees; or 31, the first the time of sending.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import zmq
from numpy.typing import NDArray

from x2c_core.arrays import Array
from x2c_core.control_space import controls
from x2c_core.system.fields import parameter
from x2c_motors.description.options import AddressForm, RawScale
from x2c_motors.description.settings import DriverSettings
from x2c_motors.drivers.driver import MotorDriver
from x2c_motors.drivers.reports import Health
from x2c_motors.errors import DriverError, Fault

_DIGITS = 4
_LOWEST = controls.to_upstream(controls.DEPLOYMENT_MINIMUM)
_HIGHEST = controls.to_upstream(controls.DEPLOYMENT_MAXIMUM)
_QUEUE = 2
"""Frames kept for a subscriber that is slow: old ones are of no use to a robot."""
_JOINS, _LEAVES = b"\1", b"\0"
"""First bytes of what subscribers send; anything else is none of it."""
_LARGEST = 256
"""Size of the largest message that is taken from a subscriber [byte]."""
_MOST_AT_ONCE = 64
"""Messages of subscribers that are taken at once: more of them hold no command up."""


@dataclass(frozen=True)
class AmecaOptions:
    """Options of the Ameca driver."""

    bind: str = parameter("127.0.0.1", "Address of this machine that the robot connects to.")
    port: int = parameter(6666, "Port that the robot connects to.", minimum=1, maximum=65535)
    parts: int = parameter(
        30, "Parts of a message: 30, or 31 with the time of sending first.", minimum=30, maximum=31
    )


class AmecaDriver(MotorDriver):
    """Ameca over ZeroMQ: control values are published, and nothing comes back."""

    measures = False
    can_disable_torque = False
    calibrated = True
    default_rate = 20.0
    longest_retry = 0.5
    address_form = AddressForm("control", 0, controls.COUNT - 1, "ratio or degree", controls.NAMES)
    Options = AmecaOptions

    options: AmecaOptions

    def __init__(self, settings: DriverSettings) -> None:
        super().__init__(settings)
        self._values = controls.to_upstream(controls.NEUTRAL).copy()
        self._context: zmq.Context[zmq.Socket[bytes]] | None = None
        self._subscribers = 0

    @property
    def place(self) -> str:
        """Address that the robot connects to."""
        return f"tcp://{self.options.bind}:{self.options.port}"

    @classmethod
    def resolution(cls, options: Any) -> float:
        """Return the last decimal that is sent."""
        return float(10.0**-_DIGITS)

    @classmethod
    def raw_scale(cls, address: int, options: Any) -> RawScale:
        """Return a control's range on the physical robot, which nothing sent ever leaves."""
        control = controls.CONTROLS[address]
        angle = control.unit is controls.Unit.RADIAN
        low, high = float(_LOWEST[address]), float(_HIGHEST[address])
        return RawScale(0.0, 180.0 / np.pi if angle else 1.0, low, high, (low, high))

    def open(self) -> None:
        """Bind the socket, and find a robot that listens; until one does, it stays bound."""
        if self._context is None:
            self._bind()
        self._count_subscribers()
        if not self._subscribers:
            raise DriverError(Fault.ABSENT, f"no robot has subscribed at {self.place} yet")
        # Where no frames come, the robot goes to its neutral face by itself.
        self._values = controls.to_upstream(controls.NEUTRAL).copy()

    def _bind(self) -> None:
        context = zmq.Context()
        # To its subscribers an XPUB is a PUB; here it tells who they are.
        self._socket = context.socket(zmq.XPUB)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.setsockopt(zmq.SNDHWM, _QUEUE)
        self._socket.setsockopt(zmq.RCVHWM, _MOST_AT_ONCE)
        self._socket.setsockopt(zmq.MAXMSGSIZE, _LARGEST)
        self._socket.setsockopt(zmq.XPUB_VERBOSER, 1)
        self._subscribers = 0
        try:
            self._socket.bind(self.place)
        except zmq.ZMQError as error:
            context.destroy(linger=0)
            raise DriverError(
                Fault.ABSENT,
                f"cannot bind {self.place}: {error}; 'bind' must be an address of this machine "
                "and the port free",
            ) from error
        self._context = context

    def close(self) -> None:
        """Close the socket."""
        if self._context is not None:
            self._context.destroy(linger=0)
            self._context = None

    def torque(self, on: bool, joints: Sequence[int] | None = None) -> None:
        """Do nothing: the robot's own program has the motors."""

    def health(self) -> Health:
        """Tell how many listen."""
        return Health({"subscribers": str(self._subscribers)})

    def send_raw(self, joints: NDArray[np.intp], raw: Array) -> None:
        """Publish all control values, with new ones of these joints."""
        for joint, value in zip(joints, raw, strict=True):
            self._values[self.calibration.addresses[joint]] = value
        parts = [f"{value:.{_DIGITS}f}".encode() for value in self._values]
        if self.options.parts == controls.COUNT + 1:
            parts.insert(0, repr(time.time()).encode())
        try:
            self._socket.send_multipart(parts, zmq.NOBLOCK)
        except zmq.ZMQError as error:
            raise DriverError(Fault.LOST, f"cannot send at {self.place}: {error}") from error

    def receive_raw(self, joints: Sequence[int]) -> Array:
        """Return what was sent last."""
        self._count_subscribers()
        if not self._subscribers:
            raise DriverError(Fault.LOST, f"the robot has left {self.place}")
        return np.array([self._values[self.calibration.addresses[joint]] for joint in joints])

    def _count_subscribers(self) -> None:
        try:
            for _ in range(_MOST_AT_ONCE):
                if not self._socket.poll(0):
                    break
                kind = self._socket.recv(zmq.NOBLOCK)[:1]
                self._subscribers += (kind == _JOINS) - (kind == _LEAVES)
                # Who leaves may never have joined.
                self._subscribers = max(self._subscribers, 0)
        except zmq.ZMQError as error:
            raise DriverError(Fault.LOST, f"cannot ask {self.place}: {error}") from error
