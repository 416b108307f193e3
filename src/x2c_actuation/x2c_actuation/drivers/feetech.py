# SPDX-License-Identifier: Apache-2.0
"""Feetech serial bus servos: STS and SMS series, and the older SCS series.

Feetech's own Python package is a copy of an old Dynamixel SDK that waits for replies in a busy
loop, so the few packets needed are framed here: FF FF id length instruction parameters checksum.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from x2c_actuation.drivers.driver import Found, Health, MotorDriver
from x2c_actuation.drivers.options import Option, RawScale, WireForm
from x2c_actuation.drivers.serial_line import SerialLine
from x2c_actuation.errors import DriverError, Fault

Array = NDArray[np.float64]

_HEADER = b"\xff\xff"
_BROADCAST = 0xFE
_PING, _READ, _SYNC_READ, _SYNC_WRITE = 0x01, 0x02, 0x82, 0x83
_MODEL, _TORQUE, _GOAL, _POSITION = 3, 40, 42, 56
_VOLTAGE_PLACE, _TEMPERATURE_PLACE, _STATUS_PLACE, _STATE_SIZE = 6, 7, 9, 10
_AROUND = 6
"""Bytes of a packet around its parameters: header, id, length, instruction or error, checksum."""

_ALARMS = ("voltage", "angle sensor", "temperature", "current", "angle", "overload")
"""Meaning of the bits of a servo's status, from the lowest."""


class FeetechDriver(MotorDriver):
    """Feetech servos on one serial bus.

    Attributes:
        scanned: Ids that a scan asks, one after the other.
    """

    name = "feetech"
    wire_form = WireForm("id", 0, 253, "step")
    scanned: ClassVar[range] = range(254)
    options: ClassVar[Mapping[str, Option]] = {
        "port": Option("/dev/ttyUSB0", "Serial port of the bus adapter."),
        "baudrate": Option(1_000_000, "Bits a second.", 9600, 4_000_000),
        "series": Option(
            "sts", "sts: STS and SMS, 4096 steps a turn; scs: 1024 steps.", choices=("sts", "scs")
        ),
        "reply_time": Option(
            0.02, "How long replies may take beyond the time of their bytes [s].", 0.0005, 1.0
        ),
    }

    @classmethod
    def raw_scale(cls, address: int, options: Mapping[str, Any]) -> RawScale:
        """Return the series' steps."""
        if options["series"] == "scs":
            # Its sensor tells 300 degrees of a turn.
            turn = 1024.0 * 360.0 / 300.0
            return RawScale(511.0, turn / (2.0 * np.pi), 0.0, 1023.0, (0.0, 1023.0), turn)
        return RawScale(2048.0, 4096.0 / (2.0 * np.pi), 0.0, 4095.0, (0.0, 4095.0), 4096.0)

    def open(self) -> None:
        """Open the port."""
        options = self.settings.options
        self._line = SerialLine(options["port"], options["baudrate"])
        self._order: Literal["big", "little"] = "big" if options["series"] == "scs" else "little"
        # Ten bits a byte.
        self._byte_time = 10.0 / options["baudrate"]

    def close(self) -> None:
        """Close the port."""
        if hasattr(self, "_line"):
            self._line.close()

    def torque(self, on: bool, joints: Sequence[int] | None = None) -> None:
        """Switch torque."""
        ids = [self.wires.addresses[joint] for joint in self._places(joints)]
        self._sync_write(_TORQUE, {one: bytes([on]) for one in ids})

    def health(self) -> Health:
        """Read voltages, temperatures and alarms."""
        values, warnings = {}, []
        states = self._read_all(_POSITION, _STATE_SIZE, self.wires.addresses)
        for name, address in zip(self.wires.names, self.wires.addresses, strict=True):
            state = states.get(address)
            if state is None:
                continue
            voltage, temperature = state[_VOLTAGE_PLACE] / 10.0, state[_TEMPERATURE_PLACE]
            values[f"{name}: voltage [V], temperature [°C]"] = f"{voltage:.1f}, {temperature}"
            if alarms := _alarms(state[_STATUS_PLACE]):
                warnings.append(f"{name} (id {address}) reports {alarms}")
        return Health(values, tuple(warnings))

    def scan(self) -> list[Found]:
        """Ping every id."""
        found = []
        for address in self.scanned:
            if address not in self._ask(address, _PING, b"", {address: 0}):
                continue
            model = self._ask(address, _READ, bytes([_MODEL, 2]), {address: 2}).get(address)
            state = self._read_all(_POSITION, _STATE_SIZE, [address]).get(address)
            number = "" if model is None else f"model {int.from_bytes(model, 'little')}"
            if state is None:
                found.append(Found(address, number, np.nan, "does not tell its state"))
                continue
            notes = f"{state[_VOLTAGE_PLACE] / 10.0:.1f} V, {state[_TEMPERATURE_PLACE]} °C"
            found.append(Found(address, number, self._position(state), notes))
        return found

    def _send(self, joints: NDArray[np.intp], raw: Array) -> None:
        goals = {
            self.wires.addresses[joint]: int(value).to_bytes(2, self._order)
            for joint, value in zip(joints, raw, strict=True)
        }
        self._sync_write(_GOAL, goals)

    def _receive(self, joints: Sequence[int]) -> Array:
        ids = [self.wires.addresses[joint] for joint in joints]
        replies = self._read_all(_POSITION, 2, ids)
        if not replies:
            raise DriverError(
                Fault.SILENT,
                f"no servo answers on {self.place}; are they powered, and is the baud rate right?",
            )
        return np.array(
            [self._position(replies[one]) if one in replies else np.nan for one in ids]
        )

    def _position(self, data: bytes) -> float:
        value = int.from_bytes(data[:2], self._order)
        # The sign is a bit of its own.
        return float(-(value & 0x7FFF) if value & 0x8000 else value)

    def _read_all(self, register: int, size: int, ids: Sequence[int]) -> dict[int, bytes]:
        """Return what servos reply, by id, without those that do not; counts what went wrong."""
        if self._order == "little":
            parameters = bytes([register, size, *ids])
            return self._ask(_BROADCAST, _SYNC_READ, parameters, dict.fromkeys(ids, size))
        # The SCS series knows no reading of many at once.
        replies: dict[int, bytes] = {}
        for one in ids:
            replies |= self._ask(one, _READ, bytes([register, size]), {one: size})
        return replies

    def _ask(
        self, address: int, instruction: int, parameters: bytes, sizes: Mapping[int, int]
    ) -> dict[int, bytes]:
        self._request(address, instruction, parameters)
        wanted = sum(size + _AROUND for size in sizes.values())
        sent = len(parameters) + _AROUND
        wait = self.settings.options["reply_time"] + (wanted + sent) * self._byte_time
        data = self._line.read(wanted, time.monotonic() + wait)
        replies, garbled = replies_in(data, sizes)
        self.faults[Fault.GARBLED] += garbled
        self.faults[Fault.SILENT] += max(len(sizes) - len(replies) - garbled, 0)
        return replies

    def _sync_write(self, register: int, values: Mapping[int, bytes]) -> None:
        if values:
            size = len(next(iter(values.values())))
            data = b"".join(bytes([address]) + value for address, value in values.items())
            self._request(_BROADCAST, _SYNC_WRITE, bytes([register, size]) + data)

    def _request(self, address: int, instruction: int, parameters: bytes) -> None:
        body = bytes([address, len(parameters) + 2, instruction]) + parameters
        self._line.write(_HEADER + body + bytes([checksum(body)]))


def checksum(body: bytes) -> int:
    """Return the checksum of a packet's bytes from its id on."""
    return ~sum(body) & 0xFF


def replies_in(data: bytes, sizes: Mapping[int, int]) -> tuple[dict[int, bytes], int]:
    """Return the replies in received bytes, and how many pieces of these are no reply.

    Args:
        data: As received; anything.
        sizes: How much data each servo that was asked replies, by id [byte].
    """
    replies: dict[int, bytes] = {}
    garbled = 0
    was_garbage = False
    while data:
        reply = _first_reply(data, sizes)
        if reply is None:
            garbled += not was_garbage
            was_garbage = True
            data = data[1:]
            continue
        was_garbage = False
        address, content = reply
        replies[address] = content
        data = data[len(content) + _AROUND :]
    return replies, garbled


def _first_reply(data: bytes, sizes: Mapping[int, int]) -> tuple[int, bytes] | None:
    if len(data) < _AROUND or data[:2] != _HEADER or data[2] not in sizes:
        return None
    address = data[2]
    frame = data[: sizes[address] + _AROUND]
    body = frame[2:-1]
    if len(frame) < sizes[address] + _AROUND or frame[3] != sizes[address] + 2:
        return None
    return (address, body[3:]) if frame[-1] == checksum(body) else None


def _alarms(status: int) -> str:
    return ", ".join(name for bit, name in enumerate(_ALARMS) if status >> bit & 1)
