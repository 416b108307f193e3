# SPDX-License-Identifier: Apache-2.0
"""Detection of jumps in the stamps of a stream."""

from __future__ import annotations


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
