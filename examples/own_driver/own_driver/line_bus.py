# SPDX-License-Identifier: Apache-2.0
"""Driver for servos on an imaginary bus that speaks lines of text.

Commands: `G id step` sets a goal, `T id 0|1` switches torque, `L id percent` limits torque,
`W seconds` sets the watchdog, `R id` asks a servo, which replies `id step torque`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from x2c_core.system.fields import parameter
from x2c_motors.description.options import AddressForm, RawScale
from x2c_motors.drivers.driver import MotorDriver
from x2c_motors.drivers.reports import Found, MotorState
from x2c_motors.errors import DriverError, Fault
from x2c_motors.serial_bus.serial_line import SerialLine

_STEPS = 1000.0
"""Steps in a turn."""

_LONGEST_REPLY = 32
"""Most bytes of a reply."""


@dataclass(frozen=True)
class LineBusOptions:
    """Keys of the driver section in robot.yaml."""

    port: str = parameter("/dev/ttyUSB0", "Serial port of the bus adapter.")
    baudrate: int = parameter(115_200, "Bits per second.", minimum=9600, maximum=1_000_000)
    reply_time: float = parameter(
        0.1, "Longest time that a reply may take [s].", minimum=0.001, maximum=1.0
    )
    watchdog: float = parameter(
        0.5,
        "Time without commands after which servos disable torque; 0: never [s].",
        minimum=0.0,
        maximum=10.0,
    )


@dataclass(frozen=True)
class LineBusJointOptions:
    """Keys of each joint in the driver section."""

    torque_limit: int = parameter(100, "Highest torque [%].", minimum=1, maximum=100)


class LineBusDriver(MotorDriver):
    """Servos on a bus that speaks lines of text."""

    address_form = AddressForm("id", 1, 32, "step")
    Options = LineBusOptions
    JointOptions = LineBusJointOptions
    serial = True
    watchdog_option = "watchdog"

    options: LineBusOptions
    _line: SerialLine | None = None

    @classmethod
    def raw_scale(cls, address: int, options: Any) -> RawScale:
        """Return 1000 steps per turn, 500 in the middle."""
        return RawScale(
            zero=500.0,
            per_radian=_STEPS / math.tau,
            lowest=0.0,
            highest=_STEPS - 1.0,
            usual=(0.0, _STEPS - 1.0),
            turn=_STEPS,
        )

    def open(self) -> None:
        """Open the port and set the watchdog; no motor moves."""
        self._line = SerialLine(self.options.port, self.options.baudrate)
        self._send(f"W {self.options.watchdog:g}")

    def close(self) -> None:
        """Close the port."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def torque(self, on: bool, joints: Sequence[int] | None = None) -> None:
        """Switch torque."""
        for joint in self.joint_indices(joints):
            self._send(f"T {self.calibration.addresses[joint]} {on:d}")

    def prepare(self, joints: Sequence[int]) -> None:
        """Limit torque, also after servos had no power."""
        for joint in joints:
            limit = self.settings.calibrations[joint].options.torque_limit
            self._send(f"L {self.calibration.addresses[joint]} {limit}")

    def check(self, joints: Sequence[int]) -> Mapping[int, MotorState]:
        """Ask servos for their torque."""
        replies = {joint: self._ask(self.calibration.addresses[joint]) for joint in joints}
        return {joint: MotorState(reply[1]) for joint, reply in replies.items() if reply}

    def scan(self) -> list[Found]:
        """Ask every id."""
        ids = range(self.address_form.lowest, self.address_form.highest + 1)
        replies = {one: self._ask(one) for one in ids}
        return [Found(one, "line servo", reply[0]) for one, reply in replies.items() if reply]

    def send_raw(self, joints: NDArray[np.intp], raw: NDArray[np.float64]) -> None:
        """Send goals."""
        for joint, step in zip(joints, raw, strict=True):
            self._send(f"G {self.calibration.addresses[joint]} {round(step)}")

    def receive_raw(self, joints: Sequence[int]) -> NDArray[np.float64]:
        """Read positions; NaN for servos that do not answer."""
        replies = [self._ask(self.calibration.addresses[joint]) for joint in joints]
        if not any(replies):
            raise DriverError(Fault.SILENT, f"no servo answers on {self.place}; are they powered?")
        return np.array([reply[0] if reply else np.nan for reply in replies])

    def _send(self, text: str) -> SerialLine:
        if self._line is None:
            raise DriverError(Fault.LOST, f"{self.place} is not open")
        self._line.write(f"{text}\n".encode())
        return self._line

    def _ask(self, address: int) -> tuple[float, bool] | None:
        """Return a servo's step and whether it has torque; None if it does not answer in time."""
        line = self._send(f"R {address}")
        deadline = line.now() + self.options.reply_time
        while reply := self._read_reply(line, deadline):
            found, step, torque = reply
            if found == address:
                return float(step), bool(torque)
            # A late reply to an earlier question must not be taken for this one.
            self.faults[Fault.LATE] += 1
        return None

    def _read_reply(self, line: SerialLine, deadline: float) -> tuple[int, int, int] | None:
        """Return the next reply: id, step, torque; None if none is understood in time."""
        data = b""
        while not data.endswith(b"\n") and len(data) < _LONGEST_REPLY:
            if not (piece := line.read(1, deadline - line.now())):
                self.faults[Fault.SILENT] += 1
                return None
            data += piece
        try:
            found, step, torque = (int(word) for word in data.split())
        except ValueError:
            self.faults[Fault.GARBLED] += 1
            return None
        return found, step, torque
