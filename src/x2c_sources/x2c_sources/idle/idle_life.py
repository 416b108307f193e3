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
from x2c_sources.idle.people_search import PeopleSearch
from x2c_sources.idle.saccades import Saccades
from x2c_sources.imitated_person import ImitatedPerson

_BREATH = {"Head Pitch": math.radians(0.5), "Neck Pitch": math.radians(0.7)}
_GAZE = [controls.index(f"Gaze Target {axis}") for axis in ("Phi", "Theta")]
_YAW, _PITCH = (controls.index(f"Head {axis}") for axis in ("Yaw", "Pitch"))
# Turn of the eyes at the end of the range of the gaze, about as far as eyes turn.
_PER_EYE = controls.MAXIMUM[_GAZE] / np.radians([35.0, 27.0])
_WITHOUT_BLINK = 10.0
_SHUT_AT = -0.3


def _shut() -> Array:
    lids = np.zeros(controls.COUNT)
    for name, deflection in both(eyelid_upper=-0.55, eyelid_lower=-0.1).items():
        lids[controls.index(name)] = deflection
    return controls.from_deflection(lids)


_SHUT = _shut()
_MOVED = region_mask(["lids", "gaze"])
_MOVED[[_YAW, *(controls.index(name) for name in _BREATH)]] = 1.0
_LIDS = region_mask(["lids"])
_UPPER_LIDS = [controls.index(f"Eyelid Upper {side}") for side in ("Left", "Right")]


class IdleLife:
    """Blinks, gaze and breathing over time, the same for the same seed and the same calls.

    Without a person for a while, the face looks about for one. While a person is imitated,
    head, gaze and lids are the person's: what the robot does of its own is faded out, and it
    blinks by itself only if the person has not been seen to blink for 10 s.

    Args:
        seed: Seed of the random numbers.
        blinks_per_minute: Mean rate of blinks [1/min].
        breaths_per_minute: Rate of breathing [1/min].
        search_after: Time without a person after which it looks for one [s]; 0 for never.

    Attributes:
        person: Presence of an imitated person.
    """

    def __init__(
        self,
        seed: int,
        blinks_per_minute: float,
        breaths_per_minute: float,
        search_after: float = 0.0,
    ) -> None:
        self._blinks = Blinks(seed, blinks_per_minute)
        self._saccades = Saccades(seed + 1)
        self._breath = breaths_per_minute / 60.0
        self._search_after = search_after or math.inf
        self._seed = seed + 2
        self._search, self._searched = PeopleSearch(self._seed), 0.0
        self.person = ImitatedPerson()
        self._below = controls.NEUTRAL.copy()
        self._blink_seen = -math.inf
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
        if self.person.see(time):
            # A person who has just come may blink any time.
            self._blink_seen = time
        if (controls.to_deflection(values)[_UPPER_LIDS] < _SHUT_AT).all():
            self._blink_seen = time

    def layer(self, time: float) -> ControlLayer:
        """Return the offsets of lids, gaze, head and neck.

        Args:
            time: Time since the beginning [s]; never before that of the last call.
        """
        self.person.pass_to(time)
        offsets = np.zeros(controls.COUNT)
        phase = math.sin(2.0 * math.pi * self._breath * time)
        for name, size in _BREATH.items():
            offsets[controls.index(name)] = size * phase
        self._look(time, offsets)
        closure = self._blinks.closure(time)
        if self.person.there(time) and time - self._blink_seen < _WITHOUT_BLINK:
            closure = 0.0
        # Only ever further shut, from wherever the lids are.
        offsets += closure * _LIDS * np.minimum(_SHUT - self._below, 0.0)
        return ControlLayer(offsets, _MOVED, LayerMode.ADD)

    def _look(self, time: float, offsets: Array) -> None:
        """Turn eyes and head."""
        step, self._time = time - self._time, time
        share = smoothstep(self.person.alone)
        if share == 0.0:
            # The next search begins straight ahead, with other targets.
            if self._searched:
                self._seed += 1
                self._search, self._searched = PeopleSearch(self._seed), 0.0
            self._saccades.gaze(time)
            return
        if self.person.absence(time) > self._search_after:
            self._searched += step
        pose = self._search.pose(self._searched)
        offsets[_GAZE] = share * _PER_EYE * (pose.eyes + self._saccades.gaze(time))
        offsets[_YAW] += share * pose.head[0]
        offsets[_PITCH] -= share * pose.head[1]
