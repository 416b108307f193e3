# SPDX-License-Identifier: Apache-2.0
"""A serial line to an emulated device, in simulated time and in one thread."""

from __future__ import annotations

from dataclasses import dataclass

from x2c_motors.serial_bus.serial_line import SerialLine


@dataclass(frozen=True)
class Fate:
    """What becomes of the reply to one question.

    Attributes:
        delay: How late it comes [s].
        copies: How often it comes.
        kept: How much of it comes [byte].
        before: Noise before it.
        echo: Whether the question itself comes back before it.
    """

    delay: float = 0.0
    copies: int = 1
    kept: int = 1000
    before: bytes = b""
    echo: bool = False


class SimulatedLine(SerialLine):
    """Bytes come in the order in which they were sent, each when its time has come.

    Args:
        device: Has `answer`, as every emulated bus.
    """

    def __init__(self, device) -> None:
        self.device = device
        self.time = 100.0
        self.fates = []
        self.writes = []
        self.received = 0
        self._coming = []

    def close(self) -> None:
        """Do nothing: late replies come to who opens the line again."""

    def now(self) -> float:
        """Return the simulated time [s]."""
        return self.time

    def write(self, data: bytes) -> None:
        """Send bytes; what had arrived before is dropped."""
        self._arrived(10**6)
        self.writes.append(data)
        reply = self.device.answer(bytearray(data))
        if not reply:
            return
        fate = self.fates.pop(0) if self.fates else Fate()
        sent = fate.before + data * fate.echo + fate.copies * reply[: fate.kept]
        latest = self._coming[-1][0] if self._coming else 0.0
        when = max(latest, self.time + fate.delay)
        self._coming += [(when, one) for one in sent]

    def read(self, size: int, wait: float) -> bytes:
        """Return as many bytes as are wanted, or fewer where they do not come in time."""
        end = self.time + max(wait, 0.0)
        due = [when for when, _ in self._coming[:size]]
        self.time = max(self.time, due[-1]) if len(due) == size and due[-1] <= end else end
        data = self._arrived(size)
        self.received += len(data)
        return data

    def _arrived(self, size: int) -> bytes:
        count = sum(when <= self.time for when, _ in self._coming[:size])
        data = bytes(one for _, one in self._coming[:count])
        del self._coming[:count]
        return data
