# SPDX-License-Identifier: Apache-2.0
"""Feetech serial bus servos: STS and SMS series, and the older SCS series.

Feetech's own Python package is a copy of an old Dynamixel SDK that waits for replies in a busy
loop, so the few packets needed are framed here: FF FF id length instruction parameters checksum.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from x2c_core.arrays import Array
from x2c_core.system.fields import parameter
from x2c_motors.description.options import AddressForm, RawScale
from x2c_motors.description.settings import DriverSettings
from x2c_motors.drivers.driver import MotorDriver
from x2c_motors.drivers.reports import Found, Health, MotorState
from x2c_motors.errors import DriverError, Fault
from x2c_motors.serial_bus.register_reader import RegisterReader
from x2c_motors.serial_bus.serial_line import SerialLine
from x2c_motors.serial_bus.status_frames import Framing, Reply

_HEADER = b"\xff\xff"
_BROADCAST = 0xFE
_READ, _SYNC_READ, _SYNC_WRITE = 0x02, 0x82, 0x83
_MODEL, _TORQUE, _ACCELERATION, _GOAL, _SPEED, _POSITION = 3, 40, 41, 42, 44, 56
_ZONES = (0, 40, 67)
"""Start of the permanent registers, of the others, and the end of the registers."""
_VOLTAGE_PLACE, _TEMPERATURE_PLACE, _STATUS_PLACE, _STATE_SIZE = 6, 7, 9, 10
_AROUND = 6
"""Bytes of a packet around its parameters: header, id, length, instruction or error, checksum."""
_READ_SIZE = 2
"""Bytes of parameters of a question to one servo."""

_ALARMS = ("voltage", "angle sensor", "temperature", "current", "angle", "overload")
"""Meaning of the bits of a servo's status, from the lowest."""


@dataclass(frozen=True)
class FeetechOptions:
    """Options of the Feetech driver."""

    port: str = parameter("/dev/ttyUSB0", "Serial port of the bus adapter.")
    baudrate: int = parameter(1_000_000, "Bits per second.", minimum=9600, maximum=4_000_000)
    series: str = parameter(
        "sts",
        "sts: STS and SMS, 4096 steps per turn; scs: 1024 steps.",
        choices=("sts", "scs"),
    )
    reply_time: float = parameter(
        0.02,
        "Time that replies may take beyond that of their bytes [s].",
        minimum=0.0005,
        maximum=1.0,
    )


class FeetechDriver(MotorDriver):
    """Feetech servos on one serial bus.

    Attributes:
        scanned: Ids that a scan asks, one after the other.
    """

    usual_baudrates = (1_000_000, 500_000, 115_200)
    address_form = AddressForm("id", 0, 253, "step")
    scanned: ClassVar[range] = range(254)
    Options = FeetechOptions
    serial = True

    options: FeetechOptions

    def __init__(self, settings: DriverSettings) -> None:
        super().__init__(settings)
        options = self.options
        # Outlives connections: so do replies that are late.
        self._reader = RegisterReader(
            _StatusPackets(), _ZONES, options.reply_time, options.baudrate, self.faults
        )
        self._met: dict[tuple[int, int], bytes] = {}
        # The SCS series has its lock where the others have their torque limit.
        self._volatile = (
            ((_SPEED, 4),) if options.series == "scs" else ((_ACCELERATION, 1), (_SPEED, 6))
        )

    @classmethod
    def raw_scale(cls, address: int, options: Any) -> RawScale:
        """Return the series' steps."""
        if options.series == "scs":
            # Its sensor tells 300 degrees of a turn.
            turn = 1024.0 * 360.0 / 300.0
            return RawScale(511.0, turn / (2.0 * np.pi), 0.0, 1023.0, (0.0, 1023.0), turn)
        return RawScale(2048.0, 4096.0 / (2.0 * np.pi), 0.0, 4095.0, (0.0, 4095.0), 4096.0)

    def open(self) -> None:
        """Open the port."""
        options = self.options
        self._line = SerialLine(options.port, options.baudrate)
        self._order: Literal["big", "little"] = "big" if options.series == "scs" else "little"

    def close(self) -> None:
        """Close the port."""
        if hasattr(self, "_line"):
            self._line.close()

    def torque(self, on: bool, joints: Sequence[int] | None = None) -> None:
        """Switch torque."""
        ids = [self.calibration.addresses[joint] for joint in self.joint_indices(joints)]
        self._sync_write(_TORQUE, {one: bytes([on]) for one in ids})

    def prepare(self, joints: Sequence[int]) -> None:
        """Set what the servos' speed and torque limits were when they were met first."""
        ids = [self.calibration.addresses[joint] for joint in joints]
        for register, size in self._volatile:
            found = self._read_all(register, size, ids)
            for one, content in found.items():
                if self._met.setdefault((one, register), content) != content:
                    self._sync_write(register, {one: self._met[one, register]})

    def check(self, joints: Sequence[int]) -> Mapping[int, MotorState]:
        """Ask servos for their torque."""
        places = {self.calibration.addresses[joint]: joint for joint in joints}
        replies = self._read_all(_TORQUE, 1, list(places))
        return {places[one]: MotorState(reply[0] == 1) for one, reply in replies.items()}

    def health(self) -> Health:
        """Read voltages, temperatures and alarms."""
        values, warnings = {}, []
        states = self._read_all(_POSITION, _STATE_SIZE, self.calibration.addresses)
        for name, address in zip(self.calibration.names, self.calibration.addresses, strict=True):
            state = states.get(address)
            if state is None:
                continue
            voltage, temperature = state[_VOLTAGE_PLACE] / 10.0, state[_TEMPERATURE_PLACE]
            values[f"{name}: voltage [V], temperature [°C]"] = f"{voltage:.1f}, {temperature}"
            if alarms := _alarms(state[_STATUS_PLACE]):
                warnings.append(f"{name} (id {address}) reports {alarms}")
        return Health(values, tuple(warnings))

    def scan(self) -> list[Found]:
        """Ask every id for its model."""
        found = []
        for address in self.scanned:
            model = self._read_one(address, _MODEL, 2)
            if model is None:
                continue
            number = f"model {int.from_bytes(model, 'little')}"
            state = self._read_all(_POSITION, _STATE_SIZE, [address]).get(address)
            if state is None:
                found.append(Found(address, number, np.nan, "does not report its state"))
                continue
            notes = f"{state[_VOLTAGE_PLACE] / 10.0:.1f} V, {state[_TEMPERATURE_PLACE]} °C"
            found.append(Found(address, number, self._position(state), notes))
        return found

    def send_raw(self, joints: NDArray[np.intp], raw: Array) -> None:
        """Send goals to all servos in one packet."""
        goals = {
            self.calibration.addresses[joint]: int(value).to_bytes(2, self._order)
            for joint, value in zip(joints, raw, strict=True)
        }
        self._sync_write(_GOAL, goals)

    def receive_raw(self, joints: Sequence[int]) -> Array:
        """Read positions."""
        ids = [self.calibration.addresses[joint] for joint in joints]
        replies = self._read_all(_POSITION, 2, ids)
        if not replies:
            raise DriverError(
                Fault.SILENT,
                f"no servo answers on {self.place} within reply_time; are they powered, and is "
                "the baud rate right?",
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

            def send(start: int, length: int) -> bytes:
                return self._request(_BROADCAST, _SYNC_READ, bytes([start, length, *ids]))

            return self._reader.read(self._line, send, register, size, ids)
        # The SCS series knows no reading of many at once.
        replies = {one: self._read_one(one, register, size) for one in ids}
        return {one: reply for one, reply in replies.items() if reply is not None}

    def _read_one(self, address: int, register: int, size: int) -> bytes | None:
        def send(start: int, length: int) -> bytes:
            return self._request(address, _READ, bytes([start, length]))

        # An echoed question has the form of a reply with two bytes.
        avoid = [_READ_SIZE]
        replies = self._reader.read(self._line, send, register, size, [address], avoid)
        return replies.get(address)

    def _sync_write(self, register: int, values: Mapping[int, bytes]) -> None:
        if values:
            size = len(next(iter(values.values())))
            data = b"".join(bytes([address]) + value for address, value in values.items())
            self._request(_BROADCAST, _SYNC_WRITE, bytes([register, size]) + data)

    def _request(self, address: int, instruction: int, parameters: bytes) -> bytes:
        body = bytes([address, len(parameters) + 2, instruction]) + parameters
        packet = _HEADER + body + bytes([checksum(body)])
        self._line.write(packet)
        return packet


class _StatusPackets(Framing):
    """Packets from servos: header, id, length, error, data, checksum."""

    around = _AROUND

    def length(self, data: bytes | bytearray) -> int:
        """Return the length of the packet that begins with some bytes [byte]."""
        if data[:2] != _HEADER[: len(data)] or data[2:3] == b"\xff":
            return 0
        if len(data) < 4:
            return _AROUND
        return data[3] + 4 if data[3] >= 2 else 0

    def reply(self, packet: bytes) -> Reply | None:
        """Return the reply in a packet; None where its checksum is wrong."""
        body = packet[2:-1]
        if packet[-1] != checksum(body):
            return None
        return Reply(-1 if body[0] == _BROADCAST else body[0], body[3:])


def checksum(body: bytes) -> int:
    """Return the checksum of a packet's bytes from its id on."""
    return ~sum(body) & 0xFF


def _alarms(status: int) -> str:
    return ", ".join(name for bit, name in enumerate(_ALARMS) if status >> bit & 1)
