# SPDX-License-Identifier: Apache-2.0
"""Time stamps of messages, and streams whose time jumps back."""

from __future__ import annotations

from builtin_interfaces.msg import Time


def to_nanoseconds(stamp: Time) -> int:
    """Return a stamp as nanoseconds."""
    return int(stamp.sec) * 1_000_000_000 + int(stamp.nanosec)


def to_stamp(nanoseconds: int) -> Time:
    """Return nanoseconds as a stamp."""
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    return Time(sec=seconds, nanosec=rest)


class StampMonitor:
    """Watches the stamps of a stream for jumps, as when a bag is played in a loop.

    Args:
        gap: A jump ahead of more than this is a jump too [s].
    """

    def __init__(self, gap: float = 5.0) -> None:
        self._gap = int(gap * 1e9)
        self._last: int | None = None

    def jumped(self, nanoseconds: int) -> bool:
        """Return whether this stamp does not follow the last one: back in time, or far ahead."""
        last, self._last = self._last, nanoseconds
        return last is not None and not 0 <= nanoseconds - last <= self._gap
