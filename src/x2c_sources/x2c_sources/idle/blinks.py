# SPDX-License-Identifier: Apache-2.0
"""Blinks as people blink."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from x2c_core.easing import smoothstep

AT_REST = 17.0
"""Blinks per minute of people who rest; in conversation 26 (Bentivoglio et al. 1997)."""

CLOSING = 0.1
"""Typical time in which lids close [s] (Stern, Walrath and Goldstein 1984)."""

OPENING_RATIO = 1.43
"""Time of opening by that of closing: closing is 40 to 47 % faster (Sforza et al. 2008)."""

_SPREAD = 0.6
_TIME_SPREAD = 0.15
_SHORTEST = 0.5


class Blinks:
    """Closure of the lids over time, the same for the same seed.

    The time between blinks is log-normal, as the rates of people are. Sources:
    A. R. Bentivoglio et al., "Analysis of blink rate patterns in normal subjects", Movement
    Disorders 12 (1997) 1028-1034; J. A. Stern, L. C. Walrath, R. Goldstein, "The endogenous
    eyeblink", Psychophysiology 21 (1984) 22-33; C. Sforza et al., "Spontaneous blinking in
    healthy persons", Ophthalmic and Physiological Optics 28 (2008) 345-353. The spreads are ours.

    Args:
        seed: Seed of the random numbers.
        per_minute: Mean rate [1/min].
    """

    def __init__(self, seed: int, per_minute: float = AT_REST) -> None:
        self._blinks = _blinks(np.random.default_rng(seed), 60.0 / per_minute)
        self._begin, self._closing = next(self._blinks)

    def closure(self, time: float) -> float:
        """Return how far the lids are closed, 0 to 1.

        Args:
            time: Time since the beginning [s]; never before that of the last call.
        """
        while time >= self._begin + self._closing * (1.0 + OPENING_RATIO):
            self._begin, self._closing = next(self._blinks)
        elapsed = time - self._begin
        if elapsed <= self._closing:
            return float(smoothstep(elapsed / self._closing))
        return float(1.0 - smoothstep((elapsed / self._closing - 1.0) / OPENING_RATIO))


def _blinks(random: np.random.Generator, mean: float) -> Iterator[tuple[float, float]]:
    """Yield begin and time of closing [s] of each blink."""
    begin = 0.0
    centre = math.log(mean) - _SPREAD**2 / 2.0
    while True:
        begin += max(_SHORTEST, random.lognormal(centre, _SPREAD))
        yield begin, CLOSING * float(random.lognormal(0.0, _TIME_SPREAD))
