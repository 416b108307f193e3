# SPDX-License-Identifier: Apache-2.0
"""Due times of a bag's messages, and the bag's time in between."""

from __future__ import annotations

_REORDERED = 500_000_000
"""Messages are this far out of order at most; what goes further back is a jump in time [ns]."""

_LONGEST_GAP = 10_000_000_000
"""A longer pause in a bag is passed over [ns]."""


class Schedule:
    """Map a bag's time [ns] to a steady clock's [s] and back, at a rate.

    Args:
        rate: Speed of playing; 2 is twice as fast as recorded.
    """

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self.jumps = 0
        self.restart()

    def restart(self) -> None:
        """Expect the bag to begin again."""
        self._begin: tuple[int, float] | None = None
        self._last = 0
        self._gap = 0

    @property
    def gap(self) -> float:
        """Time between the last two messages that did not come together, when played [s]."""
        return self._gap * 1e-9 / self._rate

    def due(self, time: int, now: float) -> float:
        """Return when the next message is due.

        Args:
            time: Time of the message in the bag [ns].
            now: The present, of a steady clock [s].
        """
        step = time - self._last
        if self._begin is None or not -_REORDERED <= step <= _LONGEST_GAP:
            self.jumps += self._begin is not None
            self._begin = (time, now)
            self._last = time
            return now
        if step > 0:
            self._gap, self._last = step, time
        return self._begin[1] + (time - self._begin[0]) * 1e-9 / self._rate

    def time(self, now: float) -> int:
        """Return what time it is in the bag [ns].

        It never passes the message that `due` was asked for last.
        """
        if self._begin is None:
            return self._last
        passed = int((now - self._begin[1]) * 1e9 * self._rate)
        return min(self._begin[0] + max(passed, 0), self._last)
