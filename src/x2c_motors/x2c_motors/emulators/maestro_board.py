# SPDX-License-Identifier: Apache-2.0
"""A Pololu Maestro with its compact and its Pololu protocol."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from x2c_motors.emulators.pty_bus import PtyBus

SIZES = {0x84: 3, 0x9F: None, 0x90: 1, 0xA1: 0}
CHECKSUM_ERROR, PROTOCOL_ERROR = 1 << 3, 1 << 4


class MaestroBoard(PtyBus):
    """A board of hobby servos.

    Attributes:
        targets: Targets by channel; 0 where there are no pulses [0.25 µs].
        steps: Longest step of each channel's target [0.25 µs].
        errors: Error flags, as the board's register has them.

    Args:
        link: Path of a symbolic link to the terminal.
        channels: Number of channels.
        device: Device number in the Pololu protocol.
        crc: Whether commands end with a checksum.
        at_once: Whether it can set several targets by one command.
    """

    def __init__(
        self,
        link: Path,
        channels: int = 12,
        device: int = 12,
        crc: bool = False,
        at_once: bool = True,
    ) -> None:
        super().__init__(link)
        self.targets = [0] * channels
        self.steps = [0] * channels
        self.errors = 0
        self._device = device
        self._crc = crc
        self._at_once = at_once

    @classmethod
    def with_addresses(cls, link: Path, addresses: range) -> Self:
        """Return a board whose last channel is the last address; its channels begin at 0."""
        return cls(link, addresses.stop)

    def power_cycle(self) -> None:
        """Take its power away for a moment: all pulses end."""
        self.targets = [0] * len(self.targets)

    def answer(self, buffer: bytearray) -> bytes:
        """Take whole commands from the front of a buffer and return the replies to them."""
        replies = b""
        while buffer:
            if buffer[0] < 0x80:
                self.errors |= PROTOCOL_ERROR
                del buffer[0]
                continue
            pololu = buffer[0] == 0xAA
            head = 3 if pololu else 1
            if len(buffer) < head:
                return replies
            command = buffer[2] | 0x80 if pololu else buffer[0]
            size = self._size(command, bytes(buffer[head:]))
            if size is None:
                return replies
            whole = head + size + self._crc
            if len(buffer) < whole:
                return replies
            packet, data = bytes(buffer[:whole]), bytes(buffer[head : head + size])
            del buffer[:whole]
            if self._crc and _crc7(packet[:-1]) != packet[-1]:
                self.errors |= CHECKSUM_ERROR
                continue
            if not pololu or packet[1] == self._device:
                replies += self._obey(command, data)
        return replies

    def _size(self, command: int, data: bytes) -> int | None:
        if command == 0x9F and self._at_once:
            return 2 + 2 * data[0] if data else None
        return SIZES.get(command) or 0

    def _obey(self, command: int, data: bytes) -> bytes:
        if command == 0x84:
            self._target(data[0], data[1] | data[2] << 7)
        elif command == 0x9F and self._at_once:
            for i in range(data[0]):
                self._target(data[1] + i, data[2 + 2 * i] | data[3 + 2 * i] << 7)
        elif command == 0x90 and data[0] < len(self.targets):
            return self.targets[data[0]].to_bytes(2, "little")
        elif command == 0xA1:
            errors, self.errors = self.errors, 0
            return errors.to_bytes(2, "little")
        else:
            self.errors |= PROTOCOL_ERROR
        return b""

    def _target(self, channel: int, value: int) -> None:
        if self.targets[channel] and value:
            self.steps[channel] = max(self.steps[channel], abs(value - self.targets[channel]))
        self.targets[channel] = value


def _crc7(data: bytes) -> int:
    """Return the checksum by long division, bit by bit, from the Maestro's manual."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            if crc & 1:
                crc ^= 0x91
            crc >>= 1
    return crc
