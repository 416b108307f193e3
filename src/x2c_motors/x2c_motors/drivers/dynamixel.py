# SPDX-License-Identifier: Apache-2.0
"""Dynamixel X series servos, protocol 2.0, through the maker's own SDK.

Registers: ROBOTIS e-Manual, control table of the X series.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dynamixel_sdk as sdk
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

_MODE, _TORQUE, _HARDWARE_ERROR, _BUS_WATCHDOG = 11, 64, 70, 98
_GOAL, _POSITION, _VOLTAGE = 116, 132, 144
_STATE_SIZE = _BUS_WATCHDOG - _TORQUE + 1
_VOLATILE, _VOLATILE_SIZE = 100, 16
_RESTORED = ((0, 2), (2, 2), (8, 8))
"""Place and size in the above of goal PWM, goal current, and the profile."""
_WATCHDOG_UNIT = 0.02
_STRUCK = 0xFF
_ZONES = (0, 64, 147)
"""Start of the permanent registers, of the others, and of those that not all models have."""
_HEADER = b"\xff\xff\xfd"
_STUFFED = b"\xff\xff\xfd\xfd"
_REPLY, _ID_PLACE, _LENGTH_PLACE, _FORM_PLACE, _DATA_PLACE, _CRC_SIZE = 0x55, 4, 5, 7, 9, 2
_LONGEST = 256
"""Longest packet that servos are asked for [byte]."""
_POLL = 0.001
"""Time limit of one read: the SDK itself would read again at once, for ever [s]."""

_ERRORS = {
    0: "input voltage",
    2: "overheating",
    3: "encoder",
    4: "electrical shock",
    5: "overload",
}
_MODELS = {
    1020: "XM430-W350",
    1030: "XM430-W210",
    1060: "XL430-W250",
    1080: "XC430-W240",
    1090: "2XL430-W250",
    1120: "XM540-W270",
    1190: "XL330-M077",
    1200: "XL330-M288",
    1210: "XC330-T181",
    1220: "XC330-T288",
}


@dataclass(frozen=True)
class DynamixelOptions:
    """Options of the Dynamixel driver."""

    port: str = parameter("/dev/ttyUSB0", "Serial port of the bus adapter.")
    baudrate: int = parameter(57_600, "Bits per second.", minimum=9600, maximum=4_000_000)
    reply_time: float = parameter(
        0.02,
        "Time that replies may take beyond that of their bytes [s].",
        minimum=0.0005,
        maximum=1.0,
    )
    bus_watchdog: float = parameter(
        0.5,
        "Time without commands after which servos stop by themselves; 0: never [s].",
        minimum=0.0,
        maximum=2.5,
    )


class DynamixelDriver(MotorDriver):
    """Dynamixel servos on one serial bus, in position control mode."""

    usual_baudrates = (57_600, 1_000_000, 2_000_000, 3_000_000, 115_200)
    address_form = AddressForm("id", 0, 252, "step")
    Options = DynamixelOptions
    serial = True
    watchdog_option = "bus_watchdog"

    options: DynamixelOptions

    def __init__(self, settings: DriverSettings) -> None:
        super().__init__(settings)
        self._handler = sdk.PacketHandler(2.0)
        # Outlives connections: so do replies that are late.
        self._reader = RegisterReader(
            _StatusPackets(self._handler),
            _ZONES,
            self.options.reply_time,
            self.options.baudrate,
            self.faults,
        )
        self._met: dict[int, bytes] = {}
        self._modes: dict[int, int] = {}

    @classmethod
    def raw_scale(cls, address: int, options: Any) -> RawScale:
        """Return the X series' 4096 steps a turn."""
        return RawScale(2048.0, 4096.0 / (2.0 * np.pi), 0.0, 4095.0, (0.0, 4095.0), 4096.0)

    def open(self) -> None:
        """Open the port and set the bus watchdog."""
        baudrate = self.options.baudrate
        self._port = _Port(SerialLine(self.options.port, baudrate), baudrate)
        self._watch(range(len(self.calibration)))

    def close(self) -> None:
        """Close the port."""
        if hasattr(self, "_port"):
            self._port.line.close()

    def torque(self, on: bool, joints: Sequence[int] | None = None) -> None:
        """Switch torque."""
        ids = [self.calibration.addresses[joint] for joint in self.joint_indices(joints)]
        self._sync_write(_TORQUE, 1, dict.fromkeys(ids, on))

    def prepare(self, joints: Sequence[int]) -> None:
        """Set the bus watchdog, and profile and torque limits as they were met first."""
        self._watch(joints)
        ids = [self.calibration.addresses[joint] for joint in joints]
        if met := [one for one in ids if one not in self._modes]:
            modes = self._sync_read(_MODE, 1, met)
            self._modes |= {one: mode[0] for one, mode in modes.items()}
        for one, found in self._sync_read(_VOLATILE, _VOLATILE_SIZE, ids).items():
            first = self._met.setdefault(one, found)
            for place, size in _RESTORED:
                wanted = first[place : place + size]
                if found[place : place + size] != wanted:
                    value = int.from_bytes(wanted, "little")
                    self._sync_write(_VOLATILE + place, size, {one: value})

    def check(self, joints: Sequence[int]) -> Mapping[int, MotorState]:
        """Ask servos for torque, hardware errors and bus watchdog."""
        places = {self.calibration.addresses[joint]: joint for joint in joints}
        replies = self._sync_read(_TORQUE, _STATE_SIZE, list(places))
        states = {places[one]: self._state(one, reply) for one, reply in replies.items()}
        disabled = [one for one, reply in replies.items() if not reply[0] and one in self._modes]
        for one, mode in (self._sync_read(_MODE, 1, disabled) if disabled else {}).items():
            if mode[0] != self._modes[one]:
                states[places[one]] = MotorState(
                    False,
                    f"{self.calibration.names[places[one]]} (id {one}) is in operating mode "
                    f"{mode[0]}, and was in {self._modes[one]}: set that with the maker's tool, "
                    "and start this driver again if the servo was replaced",
                )
        return states

    def _state(self, one: int, reply: bytes) -> MotorState:
        torque, struck = reply[0] == 1, reply[_BUS_WATCHDOG - _TORQUE] == _STRUCK
        wrong = _hardware_errors(reply[_HARDWARE_ERROR - _TORQUE])
        if torque or not wrong:
            return MotorState(torque and not struck)
        name = self.calibration.names[self.calibration.addresses.index(one)]
        return MotorState(
            False,
            f"{name} (id {one}) has shut down: {wrong}; find out why, then take its power away "
            "for a moment",
        )

    def health(self) -> Health:
        """Read voltages, temperatures and hardware errors."""
        values, warnings = {}, []
        ids = self.calibration.addresses
        states = self._sync_read(_VOLTAGE, 3, ids)
        errors = self._sync_read(_HARDWARE_ERROR, 1, ids)
        for name, one in zip(self.calibration.names, ids, strict=True):
            if one in states:
                voltage = int.from_bytes(states[one][:2], "little") / 10.0
                text = f"{voltage:.1f}, {states[one][2]}"
                values[f"{name}: voltage [V], temperature [°C]"] = text
            if wrong := _hardware_errors(errors.get(one, b"\0")[0]):
                warnings.append(f"{name} (id {one}) reports {wrong}; it needs a restart")
        return Health(values, tuple(warnings))

    def scan(self) -> list[Found]:
        """Ping every id at once, then ask each that answers."""
        self._free()
        answers, _ = self._handler.broadcastPing(self._port)
        found = []
        for one, (model, firmware) in sorted(answers.items()):
            name = _MODELS.get(model, f"model {model}")
            position = self._sync_read(_POSITION, 4, [one]).get(one)
            state = self._sync_read(_VOLTAGE, 3, [one]).get(one)
            notes = f"firmware {firmware}"
            if state is not None:
                notes += f", {int.from_bytes(state[:2], 'little') / 10.0:.1f} V, {state[2]} °C"
            raw = np.nan if position is None else _signed(position)
            found.append(Found(one, name, raw, notes))
        return found

    def _watch(self, joints: Iterable[int]) -> None:
        """Clear the bus watchdog, which blocks goals once it has triggered, and set it again."""
        ids = [self.calibration.addresses[joint] for joint in joints]
        units = round(self.options.bus_watchdog / _WATCHDOG_UNIT)
        self._sync_write(_BUS_WATCHDOG, 1, dict.fromkeys(ids, 0))
        if units:
            self._sync_write(_BUS_WATCHDOG, 1, dict.fromkeys(ids, units))

    def send_raw(self, joints: NDArray[np.intp], raw: Array) -> None:
        """Send goals to all servos in one packet."""
        addresses = self.calibration.addresses
        goals = {addresses[j]: int(v) for j, v in zip(joints, raw, strict=True)}
        self._sync_write(_GOAL, 4, goals)

    def receive_raw(self, joints: Sequence[int]) -> Array:
        """Read positions of all servos with one question."""
        ids = [self.calibration.addresses[joint] for joint in joints]
        replies = self._sync_read(_POSITION, 4, ids)
        if not replies:
            raise DriverError(
                Fault.SILENT,
                f"no servo answers on {self.place} within reply_time; are they powered, and is "
                "the baud rate right?",
            )
        return np.array([_signed(replies[one]) if one in replies else np.nan for one in ids])

    def _sync_write(self, register: int, size: int, values: Mapping[int, int]) -> None:
        if not values:
            return
        data: list[int] = []
        for one, value in values.items():
            data += [one, *int(value).to_bytes(size, "little")]
        self._free()
        self._handler.syncWriteTxOnly(self._port, register, size, data, len(data))

    def _sync_read(self, register: int, size: int, ids: Sequence[int]) -> dict[int, bytes]:
        """Return what servos reply, by id, without those that do not; counts what went wrong.

        The SDK's own GroupSyncRead gives up at the first servo that is missing.
        """

        def send(start: int, length: int) -> bytes:
            self._free()
            self._handler.syncReadTx(self._port, start, length, list(ids), len(ids), False)
            return self._port.sent

        return self._reader.read(self._port.line, send, register, size, ids)

    def _free(self) -> None:
        # Where an exception came between, the SDK would believe the port in use for ever.
        self._port.is_using = False


class _StatusPackets(Framing):
    """Packets from servos: header, id, length, form, error, stuffed data, checksum."""

    around = 11

    def __init__(self, handler: Any) -> None:
        self._handler = handler

    def length(self, data: bytes | bytearray) -> int:
        """Return the length of the packet that begins with some bytes [byte]."""
        if data[:3] != _HEADER[: len(data)] or data[3:4] not in (b"", b"\0"):
            return 0
        if len(data) < _FORM_PLACE:
            return self.around
        length = int.from_bytes(data[_LENGTH_PLACE:_FORM_PLACE], "little") + _FORM_PLACE
        return length if self.around - 1 <= length <= _LONGEST else 0

    def reply(self, packet: bytes) -> Reply | None:
        """Return the reply in a packet; None where its checksum is wrong."""
        content = packet[:-_CRC_SIZE]
        crc = int.from_bytes(packet[-_CRC_SIZE:], "little")
        if self._handler.updateCRC(0, content, len(content)) != crc:
            return None
        if content[_FORM_PLACE] != _REPLY:
            return Reply(-1, b"")
        return Reply(content[_ID_PLACE], content[_DATA_PLACE:].replace(_STUFFED, _HEADER))


class _Port(sdk.PortHandler):
    """The SDK's port on a line of ours, whose failures are DriverErrors.

    Attributes:
        line: Open line to the servos.
        sent: Packet that was sent last.
    """

    def __init__(self, line: SerialLine, baudrate: int) -> None:
        super().__init__("")
        self.line, self.sent = line, b""
        self.baudrate = baudrate
        self.tx_time_per_byte = 10_000.0 / baudrate

    def clearPort(self) -> None:  # noqa: N802 - the SDK's name
        """Do nothing: the line empties its input before it sends."""

    def writePort(self, packet: Sequence[int]) -> int:  # noqa: N802 - the SDK's name
        """Send a packet."""
        self.sent = bytes(packet)
        self.line.write(self.sent)
        return len(packet)

    def readPort(self, length: int) -> bytes:  # noqa: N802 - the SDK's name
        """Return bytes that come within a moment."""
        return self.line.read(length, _POLL)

    def getCurrentTime(self) -> float:  # noqa: N802 - the SDK's name
        """Return a time that never jumps [ms]."""
        return self.line.now() * 1e3


def _signed(data: bytes) -> float:
    return float(int.from_bytes(data[:4], "little", signed=True))


def _hardware_errors(status: int) -> str:
    return ", ".join(name for bit, name in _ERRORS.items() if status >> bit & 1)
