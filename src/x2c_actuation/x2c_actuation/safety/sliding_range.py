# SPDX-License-Identifier: Apache-2.0
"""Lowest and highest values of the last moments, without keeping them all."""

from __future__ import annotations

import numpy as np

from x2c_core.arrays import Array

_SLOTS = 16


class SlidingRange:
    """Lowest and highest of n values over a window of time, to a sixteenth of the window.

    Args:
        count: Number of values.
        window: Length of the window [s].
    """

    def __init__(self, count: int, window: float) -> None:
        self._window = window
        self._low = np.full((_SLOTS + 1, count), np.nan)
        self._high = np.full((_SLOTS + 1, count), np.nan)
        self._newest = np.full(_SLOTS + 1, -np.inf)
        self._began = -np.inf
        self._slot = 0

    def clear(self) -> None:
        """Forget all values."""
        self._newest[:] = self._began = -np.inf

    def note(self, values: Array, now: float) -> None:
        """Take in values (n,), NaN where there are none, at a time [s]."""
        if now - self._began >= self._window / _SLOTS:
            self._began = now
            self._slot = (self._slot + 1) % len(self._newest)
            self._low[self._slot] = self._high[self._slot] = values
        else:
            low, high = self._low[self._slot], self._high[self._slot]
            np.fmin(low, values, out=low)
            np.fmax(high, values, out=high)
        self._newest[self._slot] = now

    def at(self, now: float) -> tuple[Array, Array]:
        """Return the lowest and highest values (n,) of the window that ends now, NaN for none."""
        recent = self._newest >= now - self._window
        if not recent.any():
            nothing = np.full(self._low.shape[1], np.nan)
            return nothing, nothing
        return np.fmin.reduce(self._low[recent]), np.fmax.reduce(self._high[recent])
