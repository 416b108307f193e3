# SPDX-License-Identifier: Apache-2.0
"""Reading of registers of servos on one bus."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from x2c_motors.errors import Fault
from x2c_motors.serial_bus.reply_lengths import ReplyLengths
from x2c_motors.serial_bus.serial_line import SerialLine
from x2c_motors.serial_bus.status_frames import Framing, ReplyCollector

Send = Callable[[int, int], bytes]
"""Sends a question for so many registers from one on; returns the packet."""

BITS = 10
"""Bits that a byte takes on a serial line."""


class RegisterReader:
    """Ask servos for registers, and take no reply to another question for the answer.

    Args:
        framing: Packets of the protocol.
        zones: First register of each part of the control table, and the end of the last part. One
            question never asks beyond the part that it begins in.
        reply_time: Time that replies may take beyond that of their bytes [s].
        baudrate: Bits a second.
        faults: Counts what goes wrong.
    """

    def __init__(
        self,
        framing: Framing,
        zones: Sequence[int],
        reply_time: float,
        baudrate: int,
        faults: Counter[Fault],
    ) -> None:
        self._framing, self._zones, self._faults = framing, zones, faults
        self._reply_time, self._byte_time = reply_time, BITS / baudrate
        self._lengths = ReplyLengths()

    def read(
        self,
        line: SerialLine,
        send: Send,
        register: int,
        size: int,
        addresses: Sequence[int],
        avoid: Iterable[int] = (),
    ) -> dict[int, bytes]:
        """Return the content of registers by id, without that of servos that do not reply.

        Args:
            line: Open line to the servos.
            send: Sends the question.
            register: First register.
            size: Number of registers [byte].
            addresses: Ids of the servos to be asked.
            avoid: Lengths of replies that cannot be distinguished from other data [byte].

        Raises:
            DriverError: The port has gone.
        """
        first = max(zone for zone in self._zones if zone <= register)
        end = min(zone for zone in self._zones if zone > register)
        length = self._lengths.choose(addresses, size, end - first, line.now(), avoid)
        if length is None:
            self._faults[Fault.SILENT] += len(addresses)
            return {}
        start = min(register, end - length)
        question = send(start, length)
        collector = ReplyCollector(self._framing, dict.fromkeys(addresses, length), question)
        count = len(question) + len(addresses) * (length + self._framing.around)
        line.listen(self._reply_time + count * self._byte_time, collector.feed)
        collector.end()
        for address in collector.replies:
            self._lengths.came(address, length)
        for address, late in collector.late:
            self._lengths.came(address, late)
        missing = len(addresses) - len(collector.replies)
        self._faults[Fault.GARBLED] += collector.garbled
        self._faults[Fault.LATE] += len(collector.late)
        self._faults[Fault.SILENT] += max(missing - collector.garbled, 0)
        place = register - start
        return {address: data[place : place + size] for address, data in collector.replies.items()}
