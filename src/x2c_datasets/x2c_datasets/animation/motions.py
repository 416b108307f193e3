# SPDX-License-Identifier: Apache-2.0
"""Deflections in the course of an animation: shapes over its time, from 0 to 1."""

from __future__ import annotations

import numpy as np

from x2c_core.arrays import Array
from x2c_core.control_space import controls
from x2c_core.easing import minimum_jerk

_LATEST = 0.10
"""Longest delay of a control after the first one."""
_BLINK = 0.16
"""Time that a blink takes [s]."""
_UPPER_LIDS = [controls.index(f"Eyelid Upper {side}") for side in ("Left", "Right")]
_WANDERING = {
    "Gaze Target Phi": 0.16,
    "Gaze Target Theta": 0.18,
    "Head Pitch": 0.22,
    "Head Roll": 0.18,
    "Head Yaw": 0.28,
    "Neck Pitch": 0.12,
    "Neck Roll": 0.12,
}
"""Standard deviations of where people look and hold their heads, as deflections."""


def cycle(pose: Array, times: Array, generator: np.random.Generator) -> Array:
    """Return deflections (n, 30) that go from neutral to a pose (30,) and back.

    Args:
        pose: The peak.
        times: (n,) from 0 to 1.
        generator: Generator of the speed of attack and release, and of the controls' delays.
    """
    attack, release = generator.uniform(0.15, 0.35), generator.uniform(0.20, 0.40)
    late = generator.uniform(0.0, _LATEST, controls.COUNT)
    rise = minimum_jerk((times[:, None] - late) / attack)
    fall = minimum_jerk((times[:, None] - (1.0 - _LATEST - release) - late) / release)
    return np.asarray(pose * (rise - fall))


def through(poses: Array, times: Array) -> Array:
    """Return deflections (n, 30) that go from neutral through poses (k, 30) and back.

    Args:
        poses: Passed one after the other, in even steps.
        times: (n,) from 0 to 1.
    """
    neutral = np.zeros((1, poses.shape[1]))
    stations = np.concatenate([neutral, poses, neutral])
    place = times * (len(stations) - 1)
    before = np.minimum(place.astype(np.intp), len(stations) - 2)
    share = minimum_jerk(place - before)[:, None]
    return np.asarray(stations[before] * (1.0 - share) + stations[before + 1] * share)


def wandering(times: Array, generator: np.random.Generator) -> Array:
    """Return deflections (n, 30) of a gaze and a head that are not quite still."""
    stations = np.zeros((int(generator.integers(1, 4)), controls.COUNT))
    for name, deviation in _WANDERING.items():
        stations[:, controls.index(name)] = generator.normal(0.0, deviation, len(stations))
    # Now and then people look far aside.
    if generator.uniform() < 0.15:
        stations[:, controls.index("Gaze Target Phi")] *= 4.0
        stations[:, controls.index("Gaze Target Theta")] *= 3.0
    return through(stations, times)


def blinks(times: Array, duration: float, generator: np.random.Generator) -> Array:
    """Return by how much (n,) the upper lids are shut over time, 0 to 1: none to two blinks.

    Args:
        times: (n,) from 0 to 1.
        duration: Duration of the animation [s].
        generator: Generator of the times of blinks.
    """
    shut = np.zeros(len(times))
    for _ in range(generator.integers(3)):
        middle = generator.uniform(0.1, 0.9)
        away = np.abs(times - middle) * duration / (0.5 * _BLINK)
        shut = np.maximum(shut, 1.0 - minimum_jerk(away))
    return shut


def shut_lids(deflections: Array, shut: Array) -> Array:
    """Return deflections (n, 30) with the upper lids brought to shut by a share (n,)."""
    changed = deflections.copy()
    for lid in _UPPER_LIDS:
        changed[:, lid] += shut * (np.minimum(-0.55, changed[:, lid]) - changed[:, lid])
    return changed
