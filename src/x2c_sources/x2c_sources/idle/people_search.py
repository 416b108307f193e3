# SPDX-License-Identifier: Apache-2.0
"""Looking about for people: calm shifts of gaze with eyes and head."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from x2c_core.arrays import Array
from x2c_core.easing import minimum_jerk, smoothstep
from x2c_sources.idle.saccades import saccade_duration

_WIDEST = (math.radians(35.0), math.radians(8.0))
_NEAREST = math.radians(12.0)
_AHEAD = 0.25
_EYES = math.radians(22.0)
_HEAD_SHARE = np.array([0.7, 0.5])
_HEAD_WIDEST = math.radians(20.0)
_HEAD_LATER = 0.06
_HEAD_OFFSET = 0.45
_HEAD_PER_RADIAN = 0.02 * 180.0 / math.pi
_FIXATION, _FIXATION_SPREAD, _SHORTEST = 3.0, 0.4, 1.6


@dataclass(frozen=True)
class LookingPose:
    """Direction of a look.

    Attributes:
        eyes: (2,) turn of the eyes in the head, to the own left and up [rad].
        head: (2,) turn of the head, to the own left and up [rad].
    """

    eyes: Array
    head: Array


@dataclass(frozen=True)
class _Shift:
    begin: float
    gaze: tuple[Array, Array]
    head: tuple[Array, Array]


class PeopleSearch:
    """Poses over time of a face that looks about for people, the same for the same seed.

    Each shift begins with a saccade of the usual duration, no further than the eyes turn in the
    head; the head follows 0.06 s later, calmly, while the eyes stay on the target. It goes 70 % of
    the way, and leaves the rest to the eyes. That is how people look at what is far to the side:
    D. Guitton, M. Volle, "Gaze control in humans: eye-head coordination during orienting movements
    to targets within and beyond the oculomotor range", Journal of Neurophysiology 58 (1987)
    427-459; J. S. Stahl, "Amplitude of human head movements associated with horizontal saccades",
    Experimental Brain Research 126 (1999) 41-54. Targets, fixations and the pace of the head are
    ours.

    Args:
        seed: Seed of the random numbers.
    """

    def __init__(self, seed: int) -> None:
        self._shifts = _shifts(np.random.default_rng(seed))
        self._now, self._next = next(self._shifts), next(self._shifts)

    def pose(self, time: float) -> LookingPose:
        """Return the pose, which is straight ahead in the beginning.

        Args:
            time: Time since the beginning [s]; never before that of the last call.
        """
        while time >= self._next.begin:
            self._now, self._next = self._next, next(self._shifts)
        elapsed = time - self._now.begin
        start, end = self._now.gaze
        gaze = start + smoothstep(elapsed / saccade_duration(math.dist(start, end))) * (
            end - start
        )
        start, end = self._now.head
        duration = _HEAD_OFFSET + _HEAD_PER_RADIAN * math.dist(start, end)
        share = minimum_jerk(np.array((elapsed - _HEAD_LATER) / duration))
        head = start + share * (end - start)
        return LookingPose(np.clip(gaze - head, -_EYES, _EYES), head)


def _shifts(random: np.random.Generator) -> Iterator[_Shift]:
    begin, gaze, head = 0.0, np.zeros(2), np.zeros(2)
    target = gaze
    while True:
        towards = np.clip(_HEAD_SHARE * target, -_HEAD_WIDEST, _HEAD_WIDEST)
        yield _Shift(begin, (gaze, target), (head, towards))
        gaze, head = target, towards
        target = _other(random, gaze)
        # Not before the head has arrived.
        begin += max(_SHORTEST, random.lognormal(math.log(_FIXATION), _FIXATION_SPREAD))


def _other(random: np.random.Generator, gaze: Array) -> Array:
    """Return the next target, which is not near the present one."""
    if gaze.any() and random.random() < _AHEAD:
        return np.zeros(2)
    while True:
        target = random.uniform(-1.0, 1.0, 2) * _WIDEST
        if math.dist(target, gaze) > _NEAREST:
            return target
