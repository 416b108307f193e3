# SPDX-License-Identifier: Apache-2.0
"""Hobby servos on a PCA9685, a 16-channel PWM chip on an I2C bus.

Registers: NXP, PCA9685 product data sheet, revision 4. Positions are pulses in microseconds.
"""

from __future__ import annotations

import errno
import fcntl
import os
import struct
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import smbus2
from numpy.typing import NDArray

from x2c_core.arrays import Array
from x2c_core.system.fields import parameter
from x2c_motors.description.options import AddressForm, RawScale
from x2c_motors.drivers.driver import MotorDriver
from x2c_motors.drivers.reports import Found, Health, MotorState
from x2c_motors.errors import DriverError, Fault
from x2c_motors.serial_bus.pulses import PULSES

_MODE1, _MODE2, _CHANNELS, _ALL_OFF_HIGH, _PRESCALE = 0x00, 0x01, 0x06, 0xFD, 0xFE
_SLEEP, _INCREMENT, _TOTEM_POLE = 0x10, 0x20, 0x04
_FULL_OFF = 0x10
_TICKS = 4096
_WAKING = 0.0005
_LARGEST_BLOCK = 32


@dataclass(frozen=True)
class Pca9685Options:
    """Options of the PCA9685 driver."""

    bus: int = parameter(1, "Number of the I2C bus: 1 for /dev/i2c-1.", minimum=0, maximum=255)
    address: int = parameter(0x40, "Address of the chip on the bus.", minimum=0x03, maximum=0x77)
    frequency: float = parameter(50.0, "Pulses per second [Hz].", minimum=40.0, maximum=333.0)
    oscillator: float = parameter(
        25e6,
        "Frequency of the chip's oscillator; once measured, pulses have their exact length [Hz].",
        minimum=20e6,
        maximum=32e6,
    )


class Pca9685Driver(MotorDriver):
    """Hobby servos on one PCA9685, which knows its pulses, not their positions."""

    measures = False
    default_rate = 50.0
    address_form = AddressForm("channel", 0, 15, "µs")
    Options = Pca9685Options
    port_option = "bus"
    detects_motors = False

    options: Pca9685Options

    @classmethod
    def at_port(cls, text: str) -> dict[str, Any]:
        """Return the option that names an I2C bus: 1, or /dev/i2c-1."""
        return super().at_port(text.removeprefix("/dev/i2c-"))

    @property
    def place(self) -> str:
        """Bus and address of the chip."""
        return f"/dev/i2c-{self.options.bus}, address 0x{self.options.address:02x}"

    @classmethod
    def resolution(cls, options: Any) -> float:
        """Return how long one of the 4096 ticks of a period lasts."""
        return 1e6 * (_prescale(options) + 1) / float(options.oscillator)

    @classmethod
    def raw_scale(cls, address: int, options: Any) -> RawScale:
        """Return the pulses of hobby servos."""
        return PULSES

    def open(self) -> None:
        """Open the bus; a chip that sleeps, as after power-on, is set up and woken."""
        with self._failures(Fault.ABSENT):
            self._bus = smbus2.SMBus(self.options.bus)
        self._claim()
        mode = self._get(_MODE1, 1)[0]
        wanted = _prescale(self.options)
        if mode & _SLEEP or self._get(_PRESCALE, 1)[0] != wanted:
            # The frequency can be set in its sleep only; waking, it has all outputs off.
            self._set(_ALL_OFF_HIGH, [_FULL_OFF])
            self._set(_MODE1, [_SLEEP | _INCREMENT])
            self._set(_PRESCALE, [wanted])
            self._set(_MODE2, [_TOTEM_POLE])
        self._set(_MODE1, [_INCREMENT])
        time.sleep(_WAKING)

    def _claim(self) -> None:
        """Keep the chip for this driver, as long as its bus is open.

        Unlike a serial port, a bus is open to several programs at a time, as it has several chips:
        the byte of its device file at the chip's address is locked. Where the kernel has no such
        locks, as in some containers, servos move all the same.
        """
        byte = (fcntl.F_WRLCK, os.SEEK_SET, self.options.address, 1, 0)
        try:
            descriptor = cast("int", self._bus.fd)
            fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, struct.pack("@hhqqi4x", *byte))
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EACCES):
                return
            self.close()
            raise DriverError(
                Fault.ABSENT, f"the PCA9685 ({self.place}) is in use by another program"
            ) from error

    def close(self) -> None:
        """Close the bus."""
        if hasattr(self, "_bus"):
            try:
                self._bus.close()
            except OSError:
                # It has gone already.
                return

    def torque(self, on: bool, joints: Sequence[int] | None = None) -> None:
        """Stop the pulses; they begin again with the next position."""
        if not on:
            self._write_channels(
                {
                    self.calibration.addresses[joint]: [0, 0, 0, _FULL_OFF]
                    for joint in self.joint_indices(joints)
                }
            )

    def health(self) -> Health:
        """Find out whether the chip has lost its settings."""
        self._still_set()
        if self._get(_PRESCALE, 1)[0] != _prescale(self.options):
            raise DriverError(
                Fault.LOST, f"the frequency of the PCA9685 ({self.place}) was changed"
            )
        return Health({"pulses [Hz]": f"{1e6 / (self.calibration.resolution * _TICKS):.1f}"})

    def check(self, joints: Sequence[int]) -> Mapping[int, MotorState]:
        """Look for channels whose pulses have ended."""
        data = self._get_channels()
        return {
            joint: MotorState(not data[self.calibration.addresses[joint]][3] & _FULL_OFF)
            for joint in joints
        }

    def scan(self) -> list[Found]:
        """Return all channels of the chip."""
        data = self._get_channels()
        return [
            Found(channel, "channel", self._pulse(registers), _notes(registers))
            for channel, registers in enumerate(data)
        ]

    def send_raw(self, joints: NDArray[np.intp], raw: Array) -> None:
        """Set pulses, neighbouring channels together."""
        self._still_set()
        channels = {}
        for joint, value in zip(joints, raw, strict=True):
            ticks = round(value / self.calibration.resolution)
            channels[self.calibration.addresses[joint]] = [0, 0, ticks & 0xFF, ticks >> 8]
        self._write_channels(channels)

    def receive_raw(self, joints: Sequence[int]) -> Array:
        """Read the pulses that the chip sends; NaN where it sends none."""
        self._still_set()
        data = self._get_channels()
        return np.array([self._pulse(data[self.calibration.addresses[joint]]) for joint in joints])

    def _pulse(self, registers: Sequence[int]) -> float:
        if registers[3] & _FULL_OFF:
            return np.nan
        return (registers[2] | (registers[3] & 0x0F) << 8) * self.calibration.resolution

    def _still_set(self) -> None:
        if self._get(_MODE1, 1)[0] & _SLEEP:
            raise DriverError(
                Fault.LOST, f"the PCA9685 ({self.place}) has lost its settings: power was gone"
            )

    def _write_channels(self, channels: Mapping[int, list[int]]) -> None:
        # Neighbours go together: the register number counts up by itself.
        block: list[int] = []
        first = -1
        for channel in sorted(channels):
            if block and (channel != first + len(block) // 4 or len(block) == _LARGEST_BLOCK):
                self._set(_CHANNELS + 4 * first, block)
                block = []
            first = first if block else channel
            block = block + channels[channel]
        if block:
            self._set(_CHANNELS + 4 * first, block)

    def _get_channels(self) -> list[list[int]]:
        half = 4 * 8
        data = self._get(_CHANNELS, half) + self._get(_CHANNELS + half, half)
        return [data[4 * channel : 4 * channel + 4] for channel in range(16)]

    def _get(self, register: int, size: int) -> list[int]:
        with self._failures(Fault.LOST):
            address = self.options.address
            return list(self._bus.read_i2c_block_data(address, register, size))

    def _set(self, register: int, data: list[int]) -> None:
        with self._failures(Fault.LOST):
            self._bus.write_i2c_block_data(self.options.address, register, data)

    @contextmanager
    def _failures(self, fault: Fault) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            hint = "is it wired and powered, and is I2C switched on?"
            raise DriverError(fault, f"no PCA9685 at {self.place}: {error}; {hint}") from error


def _prescale(options: Pca9685Options) -> int:
    """Return the divider of the oscillator (data sheet, 7.3.5)."""
    return round(options.oscillator / (_TICKS * options.frequency)) - 1


def _notes(registers: Sequence[int]) -> str:
    return "no pulses" if registers[3] & _FULL_OFF else ""
