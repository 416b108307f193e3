# SPDX-License-Identifier: Apache-2.0
"""Small eye movements of a face that looks at nothing in particular."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from x2c_core.easing import smoothstep

_OFFSET = 0.021
_PER_RADIAN = 0.0022 * 180.0 / math.pi
_SIZE = math.radians(2.5)
_WIDEST = (math.radians(8.0), math.radians(4.0))
_FIXATION = 1.4
_FIXATION_SPREAD = 0.6
_SHORTEST = 0.2


@dataclass(frozen=True)
class _Saccade:
    begin: float
    duration: float
    start: tuple[float, float]
    end: tuple[float, float]


def saccade_duration(size: float) -> float:
    """Return the time that the eyes take to jump.

    It is 21 ms and 2.2 ms per degree, as in people (the "main sequence": A. T. Bahill, M. R.
    Clark, L. Stark, Mathematical Biosciences 24 (1975) 191-204).

    Args:
        size: Angle of the jump [rad].
    """
    return _OFFSET + _PER_RADIAN * size


class Saccades:
    """Turns of the eyes over time, the same for the same seed.

    Sizes are exponential with a mean of 2.5°, and come back to straight ahead; sizes and fixations
    are ours.

    Args:
        seed: Seed of the random numbers.
    """

    def __init__(self, seed: int) -> None:
        self._saccades = _saccades(np.random.default_rng(seed))
        self._now, self._next = next(self._saccades), next(self._saccades)

    def gaze(self, time: float) -> tuple[float, float]:
        """Return the turn of the eyes to the own left and up [rad].

        Args:
            time: Time since the beginning [s]; never before that of the last call.
        """
        while time >= self._next.begin:
            self._now, self._next = self._next, next(self._saccades)
        now = self._now
        share = float(smoothstep((time - now.begin) / now.duration))
        phi, theta = (a + share * (b - a) for a, b in zip(now.start, now.end, strict=True))
        return phi, theta


def _saccades(random: np.random.Generator) -> Iterator[_Saccade]:
    begin, at = 0.0, (0.0, 0.0)
    while True:
        size, direction = random.exponential(_SIZE), random.uniform(-math.pi, math.pi)
        # From half of where it is, so that the gaze stays about straight ahead.
        wanted = (
            at[0] / 2.0 + size * math.cos(direction),
            at[1] / 2.0 + size * math.sin(direction) / 2.0,
        )
        to = (_limited(wanted[0], _WIDEST[0]), _limited(wanted[1], _WIDEST[1]))
        duration = saccade_duration(math.dist(at, to))
        yield _Saccade(begin, duration, at, to)
        at = to
        begin += max(_SHORTEST, random.lognormal(math.log(_FIXATION), _FIXATION_SPREAD))


def _limited(value: float, limit: float) -> float:
    return min(max(value, -limit), limit)
