# SPDX-License-Identifier: Apache-2.0
"""A PCA9685 on an I2C bus, as smbus2 shows it."""

from __future__ import annotations

import errno
import os
import weakref
from collections.abc import Sequence

MODE1, LED0, ALL_LED, PRESCALE = 0x00, 0x06, 0xFA, 0xFE
SLEEP, INCREMENT, FULL_OFF = 0x10, 0x20, 0x10


class Pca9685Chip:
    """A chip with its registers.

    Attributes:
        address: I2C address.
        there: Whether it answers on the bus.
        device: Descriptor of the file that stands for the bus.
        steps: Longest step of each channel's pulse [tick].

    Args:
        address: I2C address.
    """

    def __init__(self, address: int = 0x40) -> None:
        self.address = address
        self.there = True
        self.device = os.memfd_create("i2c")
        weakref.finalize(self, os.close, self.device)
        self.steps = [0] * 16
        self.power_cycle()

    def power_cycle(self) -> None:
        """Set all registers as after power-on (data sheet, table 4 ff.)."""
        self.registers = bytearray(256)
        self.registers[MODE1] = 0x11
        self.registers[1] = 0x04
        self.registers[PRESCALE] = 0x1E
        for channel in range(16):
            self.registers[LED0 + 4 * channel + 3] = FULL_OFF

    def ticks(self, channel: int) -> int | None:
        """Return the length of a channel's pulse [tick]; None where it has none."""
        registers = self.registers[LED0 + 4 * channel : LED0 + 4 * channel + 4]
        if registers[3] & FULL_OFF or self.registers[MODE1] & SLEEP:
            return None
        on = registers[0] | (registers[1] & 0x0F) << 8
        return ((registers[2] | (registers[3] & 0x0F) << 8) - on) % 4096

    def write(self, register: int, data: Sequence[int]) -> None:
        """Take a write of several bytes."""
        before = [self.ticks(channel) for channel in range(16)]
        for offset, value in enumerate(data):
            place = register + offset if self.registers[MODE1] & INCREMENT else register
            self._set(place, value)
        for channel, was in enumerate(before):
            ticks = self.ticks(channel)
            if was is not None and ticks is not None:
                self.steps[channel] = max(self.steps[channel], abs(ticks - was))

    def _set(self, register: int, value: int) -> None:
        # The prescaler is writable in its sleep only.
        if register == PRESCALE and not self.registers[MODE1] & SLEEP:
            return
        if ALL_LED <= register < PRESCALE:
            for channel in range(16):
                self.registers[LED0 + 4 * channel + register - ALL_LED] = value
            return
        self.registers[register] = value

    def read(self, register: int, size: int) -> list[int]:
        """Return several bytes."""
        step = 1 if self.registers[MODE1] & INCREMENT else 0
        return [self.registers[register + step * offset] for offset in range(size)]


def bus_class(chip: Pca9685Chip) -> type:
    """Return a class to stand in for smbus2.SMBus, with one chip on bus 1."""

    class Bus:
        def __init__(self, number: int) -> None:
            if number != 1:
                raise FileNotFoundError(errno.ENOENT, "No such file", f"/dev/i2c-{number}")
            self.fd: int | None = os.open(f"/proc/self/fd/{chip.device}", os.O_RDWR)

        def close(self) -> None:
            """Close the bus."""
            if self.fd is not None:
                os.close(self.fd)
                self.fd = None

        def read_i2c_block_data(self, address: int, register: int, size: int) -> list[int]:
            """Read a block."""
            self._find(address)
            return chip.read(register, size)

        def write_i2c_block_data(self, address: int, register: int, data: Sequence[int]) -> None:
            """Write a block."""
            self._find(address)
            if len(data) > 32:
                raise ValueError("SMBus takes 32 bytes at most")
            chip.write(register, data)

        def _find(self, address: int) -> None:
            if address != chip.address or not chip.there:
                raise OSError(errno.EREMOTEIO, "Remote I/O error")

    return Bus
