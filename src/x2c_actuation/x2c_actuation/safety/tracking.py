# SPDX-License-Identifier: Apache-2.0
"""Check that joints are where they were sent."""

from __future__ import annotations

import numpy as np

from x2c_actuation.safety.sliding_range import SlidingRange
from x2c_core.arrays import Array


class TrackingMonitor:
    """Compare measured positions with what was sent not long ago.

    Motors lag, so a joint is right wherever it was sent to within the last moments. What was sent
    last stays right for ever: motors hold it.

    Attributes:
        errors: (n,) measured positions minus the nearest that was sent of late [rad or m].

    Args:
        span: (n,) ranges of the joints [rad or m].
        lag: Longest delay of the motors behind their commands [s].
    """

    def __init__(self, span: Array, lag: float) -> None:
        self._span = span
        self._recent = SlidingRange(len(span), lag)
        self._last = np.full(len(span), np.nan)
        self._bad_since: float | None = None
        self.errors: Array | None = None

    def restart(self, positions: Array, now: float) -> None:
        """Let the joints have been at positions (n,) [rad or m] all the time until now [s]."""
        self._recent.clear()
        self.sent(positions, now)
        self.forget()

    def forget(self) -> None:
        """Forget how far the joints were away, but not what they were sent."""
        self._bad_since = None
        self.errors = None

    def sent(self, positions: Array, now: float) -> None:
        """Note what was sent (n,) [rad or m] at a time [s]."""
        self._recent.note(positions, now)
        self._last = positions

    def away(self, measured: Array, now: float) -> Array:
        """Return measured positions minus the nearest sent of late (n,) [rad or m]; NaN for none.

        Args:
            measured: (n,) positions [rad or m]; NaN for joints that are not measured.
            now: The time [s].
        """
        low, high = self._recent.at(now)
        inside = measured.clip(np.fmin(low, self._last), np.fmax(high, self._last))
        return np.asarray(measured - inside)

    def compare(self, measured: Array, tolerance: float, now: float) -> float:
        """Return for how long [s] a joint has been further from what was sent than it may be.

        Args:
            measured: (n,) positions [rad or m]; NaN for joints that are not measured.
            tolerance: Share of a joint's range that it may be away.
            now: The time [s].
        """
        self.errors = self.away(measured, now)
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
