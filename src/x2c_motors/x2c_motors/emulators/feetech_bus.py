# SPDX-License-Identifier: Apache-2.0
"""Feetech STS and SCS servos on a bus."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from x2c_motors.emulators.servo_bus import ServoBus

BROADCAST = 0xFE
PING, READ, WRITE, SYNC_READ, SYNC_WRITE = 1, 2, 3, 0x82, 0x83
TORQUE, GOAL, POSITION, VOLTAGE, TEMPERATURE, STATUS = 40, 42, 56, 62, 63, 65


class FeetechBus(ServoBus):
    """A bus of servos.

    Attributes:
        status: Alarms by id, as the servo's register has them.

    Args:
        link: Path of a symbolic link to the terminal.
        ids: Ids of the servos.
        series: Series of the servos; those of SCS have no synchronous read.
        start: Position of all servos at first [raw].
    """

    def __init__(
        self,
        link: Path,
        ids: Iterable[int],
        series: Literal["sts", "scs"] = "sts",
        start: float = 2048,
    ) -> None:
        super().__init__(link, ids, start)
        self.order: Literal["little", "big"] = "little" if series == "sts" else "big"
        self.series = series
        self.status = dict.fromkeys(self.servos, 0)

    def answer(self, buffer: bytearray) -> bytes:
        """Take whole packets from the front of a buffer and return the replies to them."""
        replies = b""
        while (frame := _frame(buffer)) is not None:
            replies += self._obey(frame[2], frame[4], frame[5:-1])
        return replies

    def _obey(self, address: int, instruction: int, data: bytes) -> bytes:
        if instruction == SYNC_WRITE:
            register, size = data[0], data[1]
            for at in range(2, len(data), size + 1):
                self._write(data[at], register, data[at + 1 : at + 1 + size])
            return b""
        if instruction == SYNC_READ:
            if self.series == "scs":
                return b""
            return b"".join(self._reply(one, self._read(one, *data[:2])) for one in data[2:])
        if instruction == PING:
            return self._reply(address, b"")
        if instruction == READ:
            return self._reply(address, self._read(address, *data))
        if instruction == WRITE:
            self._write(address, data[0], data[1:])
            return self._reply(address, b"")
        return b""

    def _reply(self, address: int, data: bytes) -> bytes:
        if not self.reachable(address):
            return b""
        body = bytes([address, len(data) + 2, 0]) + data
        return b"\xff\xff" + body + bytes([~sum(body) & 0xFF])

    def _write(self, address: int, register: int, data: bytes) -> None:
        if not self.reachable(address):
            return
        servo = self.servos[address]
        if register == TORQUE:
            servo.enable_torque(bool(data[0]))
        elif register == GOAL:
            # These servos switch torque on by themselves when they get a goal.
            servo.enable_torque(True)
            servo.command(int.from_bytes(data[:2], self.order))
        else:
            servo.registers |= {register + i: byte for i, byte in enumerate(data)}

    def _read(self, address: int, register: int, size: int) -> bytes:
        if not self.reachable(address):
            return b""
        memory = bytearray(128)
        memory[3:5] = (777).to_bytes(2, "little")
        servo = self.servos[address]
        for place, byte in servo.registers.items():
            memory[place] = byte
        memory[TORQUE] = servo.torque
        memory[GOAL : GOAL + 2] = int(servo.goal).to_bytes(2, self.order)
        value = round(servo.position)
        memory[POSITION : POSITION + 2] = (value if value >= 0 else 0x8000 | -value).to_bytes(
            2, self.order
        )
        memory[VOLTAGE], memory[TEMPERATURE] = 74, 31
        memory[STATUS] = self.status[address]
        return bytes(memory[register : register + size])


def _frame(buffer: bytearray) -> bytes | None:
    """Take the first whole frame from a buffer, and what is no frame before it; None for none."""
    while len(buffer) >= 6:
        length = buffer[3] + 4
        if buffer[:2] != b"\xff\xff" or buffer[2] == 0xFF or buffer[3] < 2:
            del buffer[0]
            continue
        if len(buffer) < length:
            return None
        frame = bytes(buffer[:length])
        if ~sum(frame[2:-1]) & 0xFF != frame[-1]:
            del buffer[0]
            continue
        del buffer[:length]
        return frame
    return None
