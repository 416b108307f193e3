# SPDX-License-Identifier: Apache-2.0
"""Lowest and highest values of the last moments, without keeping them all."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

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
        self._others: tuple[float, bytes, Array, Array] | None = None

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
        which = recent.tobytes()
        others = self._others
        if others is None or others[0] != self._began or others[1] != which:
            # It holds until the next slot begins, or one of them is no longer recent.
            others = self._others = self._began, which, *self._range_of_others(recent)
        _, _, low, high = others
        if not recent[self._slot]:
            return low, high
        return np.fmin(low, self._low[self._slot]), np.fmax(high, self._high[self._slot])

    def _range_of_others(self, recent: NDArray[np.bool_]) -> tuple[Array, Array]:
        """Return the lowest and highest values (n,) of recent slots but the newest."""
        others = recent.copy()
        others[self._slot] = False
        if not others.any():
            nothing = np.full(self._low.shape[1], np.nan)
            return nothing, nothing
        return np.fmin.reduce(self._low[others]), np.fmax.reduce(self._high[others])
