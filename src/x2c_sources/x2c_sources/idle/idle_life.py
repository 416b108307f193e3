# SPDX-License-Identifier: Apache-2.0
"""Offsets that let a face live while it is not driven."""

from __future__ import annotations

import math

import numpy as np

from x2c_core.arrays import Array
from x2c_core.control_space import controls
from x2c_core.control_space.expressions import both
from x2c_core.control_space.layers import ControlLayer, LayerMode
from x2c_core.control_space.regions import region_mask
from x2c_core.easing import smoothstep
from x2c_sources.idle.blinks import Blinks
from x2c_sources.idle.saccades import Saccades

_BREATH = {"Head Pitch": math.radians(0.5), "Neck Pitch": math.radians(0.7)}
_PHI, _THETA = (controls.index(f"Gaze Target {axis}") for axis in ("Phi", "Theta"))
_HANDOVER = 1.5
_WITHOUT_BLINK = 10.0
_TRACKED = 0.5
_SHUT_AT = -0.3


def _shut() -> Array:
    lids = np.zeros(controls.COUNT)
    for name, deflection in both(eyelid_upper=-0.55, eyelid_lower=-0.1).items():
        lids[controls.index(name)] = deflection
    return controls.from_deflection(lids)


_SHUT = _shut()
_MOVED = region_mask(["lids", "gaze"])
_MOVED[[controls.index(name) for name in _BREATH]] = 1.0
_LIDS = region_mask(["lids"])
_UPPER_LIDS = [controls.index(f"Eyelid Upper {side}") for side in ("Left", "Right")]


class IdleLife:
    """Blinks, saccades and breathing over time, the same for the same seed and the same calls.

    While a person is imitated, gaze and lids are the person's: saccades are faded out, and the
    robot blinks by itself only if the person has not been seen to blink for 10 s.

    Args:
        seed: Seed of the random numbers.
        blinks_per_minute: Mean rate of blinks [1/min].
        breaths_per_minute: Rate of breathing [1/min].
    """

    def __init__(self, seed: int, blinks_per_minute: float, breaths_per_minute: float) -> None:
        self._blinks = Blinks(seed, blinks_per_minute)
        self._saccades = Saccades(seed + 1)
        self._breath = breaths_per_minute / 60.0
        self._imitated_until = -math.inf
        self._below = controls.NEUTRAL.copy()
        self._blink_seen = -math.inf
        self._alone = 1.0
        self._time = 0.0

    def see(self, time: float, values: Array, imitated: bool) -> None:
        """Take what the imitation asks for.

        Args:
            time: Time since the beginning [s].
            values: (30,) control values [ratio or rad].
            imitated: Whether they are a person's.
        """
        self._below = values
        if not imitated:
            return
        if time > self._imitated_until:
            # A person who has just come may blink any time.
            self._blink_seen = time
        self._imitated_until = time + _TRACKED
        if (controls.to_deflection(values)[_UPPER_LIDS] < _SHUT_AT).all():
            self._blink_seen = time

    def layer(self, time: float) -> ControlLayer:
        """Return the offsets of lids, gaze, head and neck.

        Args:
            time: Time since the beginning [s]; never before that of the last call.
        """
        imitated = time <= self._imitated_until
        step = (time - self._time) / _HANDOVER
        self._alone = min(max(self._alone + (-step if imitated else step), 0.0), 1.0)
        self._time = time
        offsets = np.zeros(controls.COUNT)
        phase = math.sin(2.0 * math.pi * self._breath * time)
        for name, size in _BREATH.items():
            offsets[controls.index(name)] = size * phase
        phi, theta = self._saccades.gaze(time)
        share = float(smoothstep(self._alone))
        offsets[[_PHI, _THETA]] = share * phi, share * theta
        closure = self._blinks.closure(time)
        if imitated and time - self._blink_seen < _WITHOUT_BLINK:
            closure = 0.0
        # Only ever further shut, from wherever the lids are.
        offsets += closure * _LIDS * np.minimum(_SHUT - self._below, 0.0)
        return ControlLayer(offsets, _MOVED, LayerMode.ADD)
