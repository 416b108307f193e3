# SPDX-License-Identifier: Apache-2.0
"""The One-Euro filter (Casiez, Roussel, Vogel 2012) on arrays of signals."""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike

from x2c_core.arrays import Array

T = TypeVar("T", float, Array)

_FASTEST = 1e9
"""Highest speed that is told from higher ones [unit/s]."""


class OneEuroFilter:
    """Smooth signals: strongly while they rest, hardly while they move.

    Each signal is low-passed with a cutoff frequency that grows with its speed. The output never
    leaves the range of the inputs since the last reset.

    Args:
        min_cutoff: Cutoff at rest [Hz]; a number, or one for each signal.
        beta: Growth of the cutoff with speed [Hz per unit/s]; a number, or one for each signal.
        derivative_cutoff: Cutoff of the speed itself [Hz].
    """

    def __init__(
        self, min_cutoff: ArrayLike, beta: ArrayLike, derivative_cutoff: float = 1.0
    ) -> None:
        self.min_cutoff = np.asarray(min_cutoff, dtype=np.float64)
        self.beta = np.asarray(beta, dtype=np.float64)
        self.derivative_cutoff = derivative_cutoff
        self._value: Array | None = None
        self._speed: Array | None = None

    def reset(self) -> None:
        """Forget the past: the next input passes unchanged."""
        self._value = self._speed = None

    def __call__(self, signal: ArrayLike, elapsed: float) -> Array:
        """Return the smoothed signals.

        Args:
            signal: Finite numbers of one shape from call to call.
            elapsed: Time since the last call [s]; where it is not positive, the last output is
                kept.
        """
        x = np.asarray(signal, dtype=np.float64)
        if self._value is None or self._speed is None:
            self._value, self._speed = x.copy(), np.zeros_like(x)
            return x.copy()
        if not elapsed > 0.0:
            return self._value.copy()
        speed = x - self._value
        speed /= elapsed
        np.minimum(np.maximum(speed, -_FASTEST, out=speed), _FASTEST, out=speed)
        self._speed = _mixed(self._speed, speed, _weight(self.derivative_cutoff, elapsed))
        cutoff = self.min_cutoff + self.beta * np.abs(self._speed)
        self._value = _mixed(self._value, x, _weight(cutoff, elapsed))
        return self._value.copy()


def _weight(cutoff: T, elapsed: float) -> T:
    turn = 2.0 * math.pi * elapsed * cutoff
    return turn / (1.0 + turn)


def _mixed(old: Array, new: Array, weight: Array | float) -> Array:
    mixed = new - old
    mixed *= weight
    mixed += old
    # Clipped, since rounding may carry the sum past its ends.
    np.maximum(mixed, np.minimum(old, new), out=mixed)
    return np.minimum(mixed, np.maximum(old, new), out=mixed)
