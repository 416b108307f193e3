# SPDX-License-Identifier: Apache-2.0
"""Emulated servos on the imaginary bus, for tests and for `x2c motors emulate line_bus`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from x2c_motors.emulators.servo_bus import ServoBus


class LineBus(ServoBus):
    """A bus of servos that speaks lines of text.

    Attributes:
        limits: Torque limit that each servo was sent, by id [%].
        watchdog: Watchdog that was set [s].
    """

    def __init__(self, link: Path, ids: Iterable[int], start: float = 500.0) -> None:
        super().__init__(link, ids, start)
        self.limits: dict[int, int] = {}
        self.watchdog = 0.0

    def answer(self, buffer: bytearray) -> bytes:
        """Take whole lines from the front of a buffer and return the replies to them."""
        *lines, rest = bytes(buffer).split(b"\n")
        buffer[:] = rest
        return b"".join(self._obey(*line.decode().split()) for line in lines)

    def _obey(self, command: str, *words: str) -> bytes:
        if command == "W":
            self.watchdog = float(words[0])
            return b""
        address = int(words[0])
        if not self.reachable(address):
            return b""
        servo = self.servos[address]
        if command == "G":
            servo.command(float(words[1]))
        elif command == "T":
            servo.enable_torque(words[1] == "1")
        elif command == "L":
            self.limits[address] = int(words[1])
        elif command == "R":
            return f"{address} {round(servo.position)} {servo.torque:d}\n".encode()
        return b""
