# SPDX-License-Identifier: Apache-2.0
"""Checks of a stream's stamps: those that cannot be, and jumps."""

from __future__ import annotations

import enum

_SURE = 5
"""Messages in a row that change the verdict."""

_AHEAD = 2_000_000_000
"""A stamp is no further in the future; clocks of two machines differ by less [ns]."""

_BEHIND = 10_000_000_000
"""A message is no longer under way [ns]."""


class StampFault(enum.StrEnum):
    """Reason why a stamp is not used."""

    MISSING = "without a stamp"
    FROZEN = "with a stamp that stands still"
    FOREIGN = "with a stamp of another clock"


class StampGuard:
    """Check of the stamps of a stream, message by message.

    One odd stamp changes nothing: a verdict takes a few messages in a row, except for a stream
    that begins with the stamps of another clock.

    Args:
        same_clock: Whether stamps are of the clock that arrival is measured by.

    Attributes:
        fault: Reason why the last stamp was not used; None if it was.
        offset: Last stamp minus its time of arrival [ns].
    """

    def __init__(self, *, same_clock: bool) -> None:
        self._same_clock = same_clock
        self._last = (0, 0)
        self._frozen = _Verdict(initial=False)
        self._foreign = _Verdict()
        self.fault: StampFault | None = None
        self.offset = 0

    def time(self, stamp: int, arrival: int) -> int:
        """Return the time of a message: its stamp, or when it arrived.

        Args:
            stamp: Stamp [ns]; 0 for none.
            arrival: Time of arrival [ns]; 0 where the clock does not run yet.
        """
        self.fault = self._judge(stamp, arrival)
        self.offset = stamp - arrival
        return stamp if self.fault is None else arrival

    def _judge(self, stamp: int, arrival: int) -> StampFault | None:
        if not stamp:
            return StampFault.MISSING
        # While the clock of arrival stands still, that of the stamps may do so, too.
        stands = stamp == self._last[0] and arrival > self._last[1]
        frozen = self._frozen.after(stands)
        self._last = (stamp, arrival)
        away = not -_BEHIND <= stamp - arrival <= _AHEAD
        if self._same_clock and arrival and self._foreign.after(away):
            return StampFault.FOREIGN
        return StampFault.FROZEN if frozen else None


class StampMonitor:
    """Monitor of the stamps of a stream, for jumps as when a bag is played in a loop.

    Args:
        gap: Largest step ahead that is no jump [s].
    """

    def __init__(self, gap: float = 5.0) -> None:
        self._gap = int(gap * 1e9)
        self._last: int | None = None

    def jumped(self, nanoseconds: int) -> bool:
        """Return whether this stamp does not follow the last one: back in time, or far ahead."""
        last, self._last = self._last, nanoseconds
        return last is not None and not 0 <= nanoseconds - last <= self._gap


class _Verdict:
    """Yes or no that changes after a few contrary observations in a row.

    Args:
        initial: Verdict at the beginning; None for the first observation.
    """

    def __init__(self, initial: bool | None = None) -> None:
        self._verdict = initial
        self._contrary = 0

    def after(self, observed: bool) -> bool:
        """Return the verdict after one more observation."""
        if self._verdict is None:
            self._verdict = observed
        self._contrary = self._contrary + 1 if observed is not self._verdict else 0
        if self._contrary >= _SURE:
            self._verdict, self._contrary = observed, 0
        return self._verdict
