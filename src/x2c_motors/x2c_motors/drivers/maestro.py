# SPDX-License-Identifier: Apache-2.0
"""Hobby servos on a Pololu Maestro, by its compact or Pololu protocol over a serial port.

Commands: Pololu Maestro Servo Controller User's Guide, section 5. Positions are pulses in
microseconds, which the wire holds in quarters.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from x2c_core.arrays import Array
from x2c_core.system.fields import parameter
from x2c_motors.description.options import AddressForm, RawScale
from x2c_motors.description.settings import DriverSettings
from x2c_motors.drivers.driver import MotorDriver
from x2c_motors.drivers.reports import Found, Health, MotorState
from x2c_motors.errors import DriverError, Fault
from x2c_motors.serial_bus.pulses import PULSES
from x2c_motors.serial_bus.register_reader import BITS
from x2c_motors.serial_bus.reply_lengths import FORGET
from x2c_motors.serial_bus.serial_line import SerialLine

_SET_TARGET, _SET_TARGETS, _GET_POSITION, _GET_ERRORS = 0x84, 0x9F, 0x90, 0xA1
_START = 0xAA
_WORD = 2
"""Bytes of every answer."""
_ATTEMPTS = 4
"""Number of answers among which two in a row have to agree."""
_PATIENCE = 2.0
"""Time limit for the rest of an answer before the next query [reply times]."""
_QUIET = 0.02
"""Longest time for which an answer that may be an old one must stay alone [s]."""
_MANY = 4096
"""More than may be waiting on a line [byte]."""
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


@dataclass(frozen=True)
class MaestroOptions:
    """Options of the Maestro driver."""

    port: str = parameter(
        "/dev/ttyACM0", "Serial port: the Maestro's command port, or a TTL line."
    )
    baudrate: int = parameter(
        115_200, "Bits per second; the USB port takes any.", minimum=300, maximum=250_000
    )
    device: int = parameter(
        -1, "Device number for the Pololu protocol; -1: compact.", minimum=-1, maximum=127
    )
    crc: bool = parameter(False, "Whether commands end with a checksum, as set in the Maestro.")
    at_once: bool = parameter(
        True, "Set neighbouring channels by one command, which the Micro Maestro lacks."
    )
    reply_time: float = parameter(
        0.05, "Time that a reply may take [s].", minimum=0.001, maximum=1.0
    )


class MaestroDriver(MotorDriver):
    """Hobby servos on one Pololu Maestro, which knows its pulses, not their positions."""

    measures = False
    default_rate = 50.0
    address_form = AddressForm("channel", 0, 23, "µs")
    Options = MaestroOptions
    serial = True
    detects_motors = False

    options: MaestroOptions

    @classmethod
    def resolution(cls, options: Any) -> float:
        """Return a quarter of a microsecond."""
        return 1.0 / _QUARTERS

    @classmethod
    def raw_scale(cls, address: int, options: Any) -> RawScale:
        """Return the pulses of hobby servos."""
        return PULSES

    def __init__(self, settings: DriverSettings) -> None:
        super().__init__(settings)
        self._owed, self._owed_until = 0, 0.0
        # Until then an answer may be that to a question that was given up.
        self._doubtful_until = -math.inf
        self._targets: dict[int, int] = {}

    def open(self) -> None:
        """Open the port and see whether a Maestro answers."""
        options = self.options
        self._line = SerialLine(options.port, options.baudrate)
        self._errors()

    def close(self) -> None:
        """Close the port."""
        if hasattr(self, "_line"):
            self._line.close()

    def torque(self, on: bool, joints: Sequence[int] | None = None) -> None:
        """Stop the pulses; they begin again with the next position."""
        if not on:
            for joint in self.joint_indices(joints):
                channel = self.calibration.addresses[joint]
                self._command(_SET_TARGET, bytes([channel, 0, 0]))
                self._targets[channel] = 0

    def health(self) -> Health:
        """Read the error register, which clears it."""
        errors = self._errors()
        names = [name for bit, name in enumerate(_ERRORS) if errors >> bit & 1]
        self.faults[Fault.REFUSED] += len(names)
        text = ", ".join(names)
        warnings = (f"the Maestro reports errors: {text}",) if names else ()
        return Health({"errors": text or "none"}, warnings)

    def check(self, joints: Sequence[int]) -> Mapping[int, MotorState]:
        """Look for channels whose pulses have ended."""
        pulses = self._pulses([self.calibration.addresses[joint] for joint in joints])
        return {j: MotorState(pulse > 0.0) for j, pulse in zip(joints, pulses, strict=True)}

    def scan(self) -> list[Found]:
        """Ask every channel; a Maestro with fewer does not answer for the others."""
        found = []
        for channel in range(self.address_form.highest + 1):
            questions = [(_GET_POSITION, bytes([channel])), (_GET_ERRORS, b"")]
            answers = self._words(questions, least=1)
            if len(answers) < len(questions):
                break
            pulse = answers[0] / _QUARTERS
            found.append(Found(channel, "channel", pulse, "" if pulse > 0.0 else "no pulses"))
        return found

    def send_raw(self, joints: NDArray[np.intp], raw: Array) -> None:
        """Send targets, neighbouring channels together."""
        targets = sorted(
            (self.calibration.addresses[joint], round(value * _QUARTERS))
            for joint, value in zip(joints, raw, strict=True)
        )
        for first, values in _runs(targets, self.options.at_once):
            halves = b"".join(_seven_bits(value) for value in values)
            if len(values) == 1:
                self._command(_SET_TARGET, bytes([first]) + halves)
            else:
                self._command(_SET_TARGETS, bytes([len(values), first]) + halves)
        self._targets.update(targets)

    def receive_raw(self, joints: Sequence[int]) -> Array:
        """Read the pulses that the Maestro sends; NaN where it sends none."""
        pulses = np.array(self._pulses([self.calibration.addresses[joint] for joint in joints]))
        return np.where(pulses > 0.0, pulses, np.nan)

    def _pulses(self, channels: Sequence[int]) -> list[float]:
        """Return the lengths of pulses (n,) [µs], 0 where there are none.

        What agrees with what was sent is believed at once; anything else is asked again until two
        answers in a row agree, since they carry nothing that says what they answer. Pulses that
        come closer to what was sent agree too: a board may have a limit of speed.
        """
        wanted = [self._targets.get(channel) for channel in channels]
        before: list[int] | None = None
        for _ in range(_ATTEMPTS):
            answer = self._words([(_GET_POSITION, bytes([channel])) for channel in channels])
            if answer == wanted and not self._doubtful:
                return [word / _QUARTERS for word in answer]
            if before is not None and all(map(_agree, before, answer, wanted)):
                return [word / _QUARTERS for word in answer]
            before = answer
        self.faults[Fault.GARBLED] += 1
        raise DriverError(Fault.GARBLED, f"the Maestro on {self.place} contradicts itself")

    def _errors(self) -> int:
        (errors,) = self._words([(_GET_ERRORS, b"")])
        if errors >> len(_ERRORS):
            self.faults[Fault.GARBLED] += 1
            raise DriverError(
                Fault.GARBLED, f"{self.place}: {errors:#x} is no error register of a Maestro"
            )
        return errors

    def _words(
        self, questions: Sequence[tuple[int, bytes]], least: int | None = None
    ) -> list[int]:
        """Return the answers, two bytes each, to several questions that are sent at once.

        Args:
            questions: Commands with their data.
            least: Number of answers that must come; all where None.

        Raises:
            DriverError: Not enough of them come in time.
        """
        wait = self.options.reply_time
        self._settle(wait)
        if not self._owed:
            self._line.write(b"".join(self._packet(*question) for question in questions))
            size = _WORD * len(questions)
            wait += size * BITS / self.options.baudrate
            reply = self._line.read(size, wait)
            now = self._line.now()
            self._owed = size - len(reply)
            self._owed_until = now + _PATIENCE * self.options.reply_time
            if not reply:
                self._doubtful_until = now + FORGET
            enough = size if least is None else _WORD * least
            if len(reply) >= enough and len(reply) % _WORD == 0 and self._alone(size):
                return [
                    int.from_bytes(reply[at : at + _WORD], "little")
                    for at in range(0, len(reply), _WORD)
                ]
        self.faults[Fault.SILENT] += 1
        raise DriverError(
            Fault.SILENT,
            f"no Maestro answers on {self.place}; is it powered, is this its command port, "
            "has it the channels that robot.yaml names, and do device number and checksum agree "
            "with its settings?",
        )

    @property
    def _doubtful(self) -> bool:
        """True if a query was given up whose answer may still arrive."""
        return self._line.now() < self._doubtful_until

    def _alone(self, size: int) -> bool:
        """Return whether an answer (byte) is the only one that comes.

        An old one would be followed by that to the question.
        """
        if not self._doubtful:
            return True
        options = self.options
        wait = min(_QUIET, options.reply_time) + size * BITS / options.baudrate
        if not self._line.read(1, wait):
            return True
        self.faults[Fault.LATE] += 1
        self._line.read(_MANY, wait)
        self._owed = 0
        return False

    def _settle(self, wait: float) -> None:
        """Discard pending bytes: an answer does not show which query it belongs to."""
        if not self._owed:
            return
        late = self._line.read(self._owed, wait)
        self.faults[Fault.LATE] += bool(late)
        self._owed -= len(late)
        if self._line.now() >= self._owed_until:
            self._owed = 0

    def _command(self, command: int, data: bytes) -> None:
        self._settle(0.0)
        self._line.write(self._packet(command, data))

    def _packet(self, command: int, data: bytes) -> bytes:
        device = self.options.device
        head = bytes([command]) if device < 0 else bytes([_START, device, command & 0x7F])
        packet = head + data
        return packet + bytes([crc7(packet)]) if self.options.crc else packet


def _agree(before: int, after: int, wanted: int | None) -> bool:
    """Return whether two pulses are one, or the later one is closer to what was sent."""
    if before == after or wanted is None:
        return before == after
    return before < after <= wanted or before > after >= wanted


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
