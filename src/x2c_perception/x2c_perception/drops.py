# SPDX-License-Identifier: Apache-2.0
"""Estimate from stamps how many images of a stream have not arrived."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

_FEWEST = 8
"""Distances without which none is regular."""


class DropEstimator:
    """Counts the gaps in a stream that is meant to be regular.

    Args:
        window: Number of newest distances from which the regular one is found.
    """

    def __init__(self, window: int = 60) -> None:
        self._distances: deque[float] = deque(maxlen=window)
        self._last: float | None = None
        self.dropped = 0

    def restart(self) -> None:
        """Take the next image for the first of a stream; what has been counted stays."""
        self._distances.clear()
        self._last = None

    def arrived(self, stamp: float) -> None:
        """Take the stamp of an image [s]."""
        last, self._last = self._last, stamp
        if last is None or stamp <= last:
            return
        distance = stamp - last
        self._distances.append(distance)
        if len(self._distances) < _FEWEST:
            return
        period = _lower_quartile(self._distances)
        if distance > 1.5 * period:
            self.dropped += round(distance / period) - 1


def _lower_quartile(distances: Iterable[float]) -> float:
    """Return the regular one of two or more: gaps only make distances longer."""
    ordered = sorted(distances)
    # numpy's percentile gives the same in ten times the time.
    quarter, rest = divmod(len(ordered) - 1, 4)
    below, above = ordered[quarter : quarter + 2]
    return below + (above - below) * rest / 4.0
