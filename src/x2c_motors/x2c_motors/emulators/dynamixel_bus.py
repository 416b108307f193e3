# SPDX-License-Identifier: Apache-2.0
"""Dynamixel X series servos on a bus, protocol 2.0."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

from x2c_motors.emulators.servo_bus import ServoBus

BROADCAST = 0xFE
PING, READ, WRITE, STATUS, SYNC_READ, SYNC_WRITE = 0x01, 0x02, 0x03, 0x55, 0x82, 0x83
MODE, TORQUE, HARDWARE_ERROR, BUS_WATCHDOG, GOAL, POSITION, VOLTAGE = 11, 64, 70, 98, 116, 132, 144
MODEL = 1200


class DynamixelBus(ServoBus):
    """A bus of servos.

    Attributes:
        hardware_errors: Errors by id, as in the servo's register; a servo with an error has no
            torque.
        watchdogs: Bus watchdogs by id, as the servo's register has them.
        modes: Operating modes by id.

    Args:
        link: Path of a symbolic link to the terminal.
        ids: Ids of the servos.
        start: Position of all servos at first [raw].
    """

    def __init__(self, link: Path, ids: Iterable[int], start: float = 2048) -> None:
        super().__init__(link, ids, start)
        self.hardware_errors = dict.fromkeys(self.servos, 0)
        self.watchdogs = dict.fromkeys(self.servos, 0)
        self.modes = dict.fromkeys(self.servos, 3)
        self._heard = time.monotonic()

    def power_cycle(self, ids: Iterable[int] | None = None) -> None:
        """Take the power of some servos, or of all, away for a moment.

        Torque is disabled, and volatile registers are as new.

        Args:
            ids: Ids of the servos; None for all.
        """
        chosen = list(self.servos if ids is None else ids)
        super().power_cycle(chosen)
        self.watchdogs |= dict.fromkeys(chosen, 0)

    def answer(self, buffer: bytearray) -> bytes:
        """Take whole packets from the front of a buffer and return the replies to them."""
        self._bark()
        replies = b""
        while (frame := _frame(buffer)) is not None:
            replies += self._obey(frame[4], frame[7], _unstuffed(frame[8:-2]))
        return replies

    def _bark(self) -> None:
        now = time.monotonic()
        for one, units in self.watchdogs.items():
            if 0 < units < 0x80 and now - self._heard > units * 0.02:
                self.watchdogs[one] = 0xFF
        self._heard = now

    def _obey(self, address: int, instruction: int, data: bytes) -> bytes:
        if instruction == PING:
            ids = sorted(self.servos) if address == BROADCAST else [address]
            return b"".join(self._reply(one, MODEL.to_bytes(2, "little") + b"\x2e") for one in ids)
        register = int.from_bytes(data[:2], "little")
        size = int.from_bytes(data[2:4], "little")
        if instruction == SYNC_WRITE:
            for at in range(4, len(data), size + 1):
                self._write(data[at], register, data[at + 1 : at + 1 + size])
            return b""
        if instruction == SYNC_READ:
            return b"".join(self._reply(one, self._read(one, register, size)) for one in data[4:])
        if instruction == READ:
            return self._reply(address, self._read(address, register, size))
        if instruction == WRITE:
            self._write(address, register, data[2:])
            return self._reply(address, b"")
        return b""

    def _reply(self, address: int, data: bytes) -> bytes:
        if not self.reachable(address):
            return b""
        alert = 0x80 if self.hardware_errors[address] else 0
        content = _stuffed(bytes([STATUS, alert]) + data)
        head = b"\xff\xff\xfd\x00" + bytes([address]) + (len(content) + 2).to_bytes(2, "little")
        return head + content + crc16(head + content).to_bytes(2, "little")

    def _write(self, address: int, register: int, data: bytes) -> None:
        if not self.reachable(address):
            return
        servo = self.servos[address]
        value = int.from_bytes(data, "little", signed=len(data) == 4)
        if register == TORQUE:
            # One that has shut down refuses.
            servo.enable_torque(bool(value) and not self.hardware_errors[address])
        elif register == BUS_WATCHDOG:
            self.watchdogs[address] = value
        elif register == GOAL and self.watchdogs[address] != 0xFF:
            servo.command(value)
        elif register not in (GOAL, BUS_WATCHDOG):
            servo.registers |= {register + i: byte for i, byte in enumerate(data)}

    def _read(self, address: int, register: int, size: int) -> bytes:
        if not self.reachable(address):
            return b""
        servo = self.servos[address]
        memory = bytearray(160)
        memory[MODE] = self.modes[address]
        for place, byte in servo.registers.items():
            memory[place] = byte
        memory[TORQUE] = servo.torque
        memory[HARDWARE_ERROR] = self.hardware_errors[address]
        memory[BUS_WATCHDOG] = self.watchdogs[address]
        memory[GOAL : GOAL + 4] = int(servo.goal).to_bytes(4, "little", signed=True)
        memory[POSITION : POSITION + 4] = round(servo.position).to_bytes(4, "little", signed=True)
        memory[VOLTAGE : VOLTAGE + 2] = (50).to_bytes(2, "little")
        memory[VOLTAGE + 2] = 35
        return bytes(memory[register : register + size])


def crc16(data: bytes) -> int:
    """Return the CRC-16 of polynomial 0x8005, from the highest bit."""
    crc = 0
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x8005 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc


def _stuffed(data: bytes) -> bytes:
    return data.replace(b"\xff\xff\xfd", b"\xff\xff\xfd\xfd")


def _unstuffed(data: bytes) -> bytes:
    return data.replace(b"\xff\xff\xfd\xfd", b"\xff\xff\xfd")


def _frame(buffer: bytearray) -> bytes | None:
    """Take the first whole frame from a buffer, and what is no frame before it; None for none."""
    while len(buffer) >= 10:
        length = int.from_bytes(buffer[5:7], "little") + 7
        if buffer[:4] != b"\xff\xff\xfd\x00" or length > 1024:
            del buffer[0]
            continue
        if len(buffer) < length:
            return None
        frame = bytes(buffer[:length])
        if crc16(frame[:-2]) != int.from_bytes(frame[-2:], "little"):
            del buffer[0]
            continue
        del buffer[:length]
        return frame
    return None
