# SPDX-License-Identifier: Apache-2.0
"""Whether joints are where they were sent."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class TrackingMonitor:
    """Compares measured positions with what was sent not long ago.

    Motors lag, so a joint is right wherever it was sent to within the last moments.

    Args:
        span: (n,) ranges of the joints [rad or m].
        lag: How long motors may take to get where they are sent [s].
    """

    _SLOTS = 16

    def __init__(self, span: Array, lag: float) -> None:
        self._span = span
        self._step = lag / self._SLOTS
        self._low = np.zeros((self._SLOTS + 1, len(span)))
        self._high = np.zeros((self._SLOTS + 1, len(span)))
        self._began = -np.inf
        self._slot = 0
        self._bad_since: float | None = None
        self.errors: Array | None = None

    def restart(self, positions: Array) -> None:
        """Let the joints have been at positions (n,) [rad or m] all the time."""
        self._low[:] = self._high[:] = positions
        self._bad_since = None
        self.errors = None

    def sent(self, positions: Array, now: float) -> None:
        """Note what was sent (n,) [rad or m] at a time [s]."""
        if now - self._began >= self._step:
            self._began = now
            self._slot = (self._slot + 1) % len(self._low)
            self._low[self._slot] = self._high[self._slot] = positions
            return
        low, high = self._low[self._slot], self._high[self._slot]
        np.minimum(low, positions, out=low)
        np.maximum(high, positions, out=high)

    def compare(self, measured: Array, tolerance: float, now: float) -> float:
        """Return for how long [s] a joint has been further from what was sent than it may be.

        Args:
            measured: (n,) positions [rad or m]; NaN for joints that are not measured.
            tolerance: Share of a joint's range that it may be away.
            now: The time [s].
        """
        inside = np.clip(measured, self._low.min(axis=0), self._high.max(axis=0))
        self.errors = measured - inside
        if not (np.abs(self.errors) > tolerance * self._span).any():
            self._bad_since = None
            return 0.0
        if self._bad_since is None:
            self._bad_since = now
        return now - self._bad_since

    def worst(self) -> int:
        """Return the place of the joint that is furthest away, by its range."""
        if self.errors is None:
            return 0
        return int(np.argmax(np.nan_to_num(np.abs(self.errors) / self._span)))
