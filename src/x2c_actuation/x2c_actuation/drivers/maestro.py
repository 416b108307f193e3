# SPDX-License-Identifier: Apache-2.0
"""Hobby servos on a Pololu Maestro, by its compact or Pololu protocol over a serial port.

Commands: Pololu Maestro Servo Controller User's Guide, section 5. Positions are pulses in
microseconds, which the wire holds in quarters.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from x2c_actuation.drivers.driver import Found, Health, MotorDriver
from x2c_actuation.drivers.options import Option, RawScale, WireForm
from x2c_actuation.drivers.pulses import PULSES
from x2c_actuation.drivers.serial_line import SerialLine
from x2c_actuation.errors import DriverError, Fault

Array = NDArray[np.float64]

_SET_TARGET, _SET_TARGETS, _GET_POSITION, _GET_ERRORS = 0x84, 0x9F, 0x90, 0xA1
_START = 0xAA
_QUARTERS = 4.0
_ERRORS = (
    "serial signal",
    "serial overrun",
    "serial buffer full",
    "serial checksum",
    "serial protocol",
    "serial timeout",
    "script stack",
    "script call stack",
    "script program counter",
)
"""Meaning of the bits of the error register, from the lowest."""


class MaestroDriver(MotorDriver):
    """Servos on one Maestro; it tells what it sends to them, not where they are."""

    name = "maestro"
    measures = False
    default_rate = 50.0
    wire_form = WireForm("channel", 0, 23, "µs")
    options: ClassVar[Mapping[str, Option]] = {
        "port": Option("/dev/ttyACM0", "Serial port: the Maestro's command port, or a TTL line."),
        "baudrate": Option(115_200, "Bits a second; the USB port takes any.", 300, 250_000),
        "device": Option(-1, "Device number for the Pololu protocol; -1: compact.", -1, 127),
        "crc": Option(False, "Whether commands end with a checksum, as set in the Maestro."),
        "at_once": Option(
            True, "Set neighbouring channels by one command, which the Micro Maestro lacks."
        ),
        "reply_time": Option(0.05, "How long a reply may take [s].", 0.001, 1.0),
    }

    @classmethod
    def quantum(cls, settings: Any) -> float:
        """Return a quarter of a microsecond."""
        return 1.0 / _QUARTERS

    @classmethod
    def raw_scale(cls, address: int, options: Mapping[str, Any]) -> RawScale:
        """Return the pulses of hobby servos."""
        return PULSES

    def open(self) -> None:
        """Open the port and see whether a Maestro answers."""
        options = self.settings.options
        self._line = SerialLine(options["port"], options["baudrate"])
        self._errors()

    def close(self) -> None:
        """Close the port."""
        if hasattr(self, "_line"):
            self._line.close()

    def torque(self, on: bool, joints: Sequence[int] | None = None) -> None:
        """Stop the pulses; they begin again with the next position."""
        if not on:
            for joint in self._places(joints):
                self._command(_SET_TARGET, bytes([self.wires.addresses[joint], 0, 0]))

    def health(self) -> Health:
        """Read the error register, which clears it."""
        errors = self._errors()
        names = [name for bit, name in enumerate(_ERRORS) if errors >> bit & 1]
        self.faults[Fault.REFUSED] += len(names)
        text = ", ".join(names)
        warnings = (f"the Maestro reports errors: {text}",) if names else ()
        return Health({"errors": text or "none"}, warnings)

    def scan(self) -> list[Found]:
        """Ask every channel; a Maestro with fewer does not answer for the others."""
        found = []
        for channel in range(self.wire_form.highest + 1):
            try:
                pulse = self._pulse(channel)
            except DriverError as error:
                if error.fault is not Fault.SILENT:
                    raise
                break
            found.append(Found(channel, "channel", pulse, "" if pulse > 0.0 else "no pulses"))
        self._errors()
        return found

    def _send(self, joints: NDArray[np.intp], raw: Array) -> None:
        targets = sorted(
            (self.wires.addresses[joint], round(value * _QUARTERS))
            for joint, value in zip(joints, raw, strict=True)
        )
        for first, values in _runs(targets, self.settings.options["at_once"]):
            data = b"".join(_seven_bits(value) for value in values)
            if len(values) == 1:
                self._command(_SET_TARGET, bytes([first]) + data)
            else:
                self._command(_SET_TARGETS, bytes([len(values), first]) + data)

    def _receive(self, joints: Sequence[int]) -> Array:
        return np.array([self._pulse(self.wires.addresses[joint]) or np.nan for joint in joints])

    def _pulse(self, channel: int) -> float:
        reply = self._ask(_GET_POSITION, bytes([channel]))
        return int.from_bytes(reply, "little") / _QUARTERS

    def _errors(self) -> int:
        return int.from_bytes(self._ask(_GET_ERRORS, b""), "little")

    def _ask(self, command: int, data: bytes) -> bytes:
        self._command(command, data)
        deadline = time.monotonic() + self.settings.options["reply_time"]
        reply = self._line.read(2, deadline)
        if len(reply) < 2:
            self.faults[Fault.SILENT] += 1
            raise DriverError(
                Fault.SILENT,
                f"no Maestro answers on {self.place}; is it powered, is this its command port, "
                "and do device number and checksum agree with its settings?",
            )
        return reply

    def _command(self, command: int, data: bytes) -> None:
        device = self.settings.options["device"]
        head = bytes([command]) if device < 0 else bytes([_START, device, command & 0x7F])
        packet = head + data
        self._line.write(
            packet + bytes([crc7(packet)]) if self.settings.options["crc"] else packet
        )


def crc7(packet: bytes) -> int:
    """Return the checksum of a command: CRC-7 of x^7 + x^3 + 1, bits from the lowest."""
    crc = 0
    for byte in packet:
        crc ^= byte
        for _ in range(8):
            crc = (crc ^ 0x91) >> 1 if crc & 1 else crc >> 1
    return crc


def _seven_bits(value: int) -> bytes:
    return bytes([value & 0x7F, value >> 7 & 0x7F])


def _runs(targets: Sequence[tuple[int, int]], at_once: bool) -> list[tuple[int, list[int]]]:
    """Return the targets as runs of neighbouring channels: the first, and the values."""
    runs: list[tuple[int, list[int]]] = []
    for channel, value in targets:
        if at_once and runs and channel == runs[-1][0] + len(runs[-1][1]):
            runs[-1][1].append(value)
        else:
            runs.append((channel, [value]))
    return runs
