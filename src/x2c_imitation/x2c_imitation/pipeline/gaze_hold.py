# SPDX-License-Identifier: Apache-2.0
"""Hold the gaze while lids hide the irises.

Behind a closing lid a tracker guesses the iris, mostly too low: without a hold, the eyes of the
robot dive in every blink. Lids that are merely low, as of someone who looks down, let the gaze
through; lids that move fast do not, and what the gaze was shortly before counts. A shut lid also
moves the skin around it, which an imitator may take for a look up: in a wink the gaze is held
until the iris of the open eye moves.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from x2c_core.arrays import Array
from x2c_core.face.descriptors import MATRIX, Relation
from x2c_core.face.frames import Face

_OPENNESS = MATRIX[[Relation.EYE_OPENNESS_LEFT, Relation.EYE_OPENNESS_RIGHT]]
_IRISES = MATRIX[
    [
        Relation.IRIS_SIDEWAYS_LEFT,
        Relation.IRIS_HEIGHT_LEFT,
        Relation.IRIS_SIDEWAYS_RIGHT,
        Relation.IRIS_HEIGHT_RIGHT,
    ]
]

_SEEN_YAW = (0.15, 0.4)
"""Openness, as a share of the person's open eyes, from which the yaw of the gaze begins to count,
and from which it counts in full.
"""
_SEEN_PITCH = (0.5, 0.85)
_WIDE = 0.92
"""Openness likewise from which an opening eye is open."""

_BLINK_SPEED = 2.5
"""Speed of the openness [1/s] above which a lid is in a blink; at twice that nothing counts."""

_SHUT = 0.5
"""Openness likewise below which an eye is shut in a wink; it ends when it no longer opens fast."""
_APART = 0.3
"""Difference of both eyes' openness in a wink: lids of someone who looks down differ by less."""

_LOOK = 0.025
"""Motion of an open eye's iris that is a look [interocular distances]: 7 to 8 degrees. In a wink
the open eye is narrowed too, and its iris seems to move by 0.02.
"""

_LOOK_BACK = 0.1
"""Time before the lids began to close whose gaze is held [s]."""

_CATCH_UP = 0.03
"""Time constant with which a held gaze returns to the measured one [s]."""
_CAUGHT_UP = 0.02
"""Difference at which it has returned [rad]."""

_RISE, _FALL = 0.2, 6.0
"""Time constants with which the openness of the person's open eyes is learned [s]."""
_LEAST_OPEN = 0.05
"""No one's open eyes are less open [interocular distances]."""


class GazeHold:
    """Pass the gaze through where an eye is seen; else hold the one before.

    With one eye shut, as in a wink, the other one counts as soon as it looks elsewhere.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget the past, as for another person or after a jump in time."""
        self._time: float | None = None
        self._past: deque[tuple[float, Array, Array]] = deque()
        self._held = np.zeros(2, dtype=bool)
        self._shut = np.zeros(2, dtype=bool)
        self._looked = False

    def follow(self, face: Face, gaze: Array, now: float) -> Array:
        """Return the gaze to be shown, yaw and pitch (2,) [rad].

        Args:
            face: Tracked face, with its pose.
            gaze: (2,) yaw and pitch found in it [rad].
            now: Time of its image [s].
        """
        if face.pose is None:
            return gaze
        landmarks = face.pose.to_head_frame(face.landmarks).ravel()
        openness, irises = _OPENNESS @ landmarks, (_IRISES @ landmarks).reshape(2, 2)
        if self._time is None or now <= self._time:
            self._open = np.maximum(openness, _LEAST_OPEN)
            self._share = openness / self._open
            self._gaze, self._time = gaze.copy(), now
            self._past.append((now, gaze.copy(), irises))
            return gaze
        elapsed, self._time = now - self._time, now
        seen, speed = self._seen(openness, elapsed)
        early = now - _LOOK_BACK
        past = next((one for one in reversed(self._past) if one[0] <= early), None)
        before = None if past is None else past[1]
        if self._winks(speed, irises, irises if past is None else past[2]):
            seen = np.zeros(2)
        starting = (seen < 1.0) & ~self._held
        if before is not None:
            self._gaze = np.where(starting, before, self._gaze)
        self._held |= starting
        caught = 1.0 - np.exp(-elapsed * seen / _CATCH_UP)
        self._gaze = np.where(self._held, self._gaze + caught * (gaze - self._gaze), gaze)
        self._held &= (seen < 1.0) | (np.abs(self._gaze - gaze) > _CAUGHT_UP)
        self._past.append((now, self._gaze.copy(), irises))
        while len(self._past) > 1 and self._past[1][0] <= early:
            self._past.popleft()
        return self._gaze.copy()

    def _winks(self, speed: Array, irises: Array, before: Array) -> bool:
        """Return whether one eye is shut, and the other one has not looked elsewhere since.

        Args:
            speed: (2,) speed of the openness of both eyes [1/s].
            irises: (2, 2) irises of both eyes, sideways and up [interocular distances].
            before: Likewise, shortly before.
        """
        if not self._shut.any():
            self._before, self._looked = before, False
        apart = self._share[::-1] - self._share > _APART
        opening = self._shut & (speed > _BLINK_SPEED)
        self._shut = ((self._share < _SHUT) & apart) | opening
        if self._shut[0] == self._shut[1]:
            return False
        look = (irises - self._before)[~self._shut]
        self._looked = self._looked or bool(np.linalg.norm(look) > _LOOK)
        return not self._looked

    def _seen(self, openness: Array, elapsed: float) -> tuple[Array, Array]:
        """Return how well yaw and pitch (2,) are seen, 0 to 1, and the lids' speed (2,) [1/s]."""
        constant = np.where(openness > self._open, _RISE, _FALL)
        self._open += (1.0 - np.exp(-elapsed / constant)) * (openness - self._open)
        self._open = np.maximum(self._open, _LEAST_OPEN)
        share = openness / self._open
        speed, self._share = (share - self._share) / elapsed, share
        still = np.clip(2.0 - np.abs(speed) / _BLINK_SPEED, 0.0, 1.0)
        pitch = _ramp(share, _SEEN_PITCH) * still
        pitch = np.where((share > _WIDE) & (speed > -_BLINK_SPEED), 1.0, pitch)
        return np.array([_ramp(share, _SEEN_YAW).max(), pitch.max()]), speed


def _ramp(share: Array, ends: tuple[float, float]) -> Array:
    first, last = ends
    return np.asarray(np.clip((share - first) / (last - first), 0.0, 1.0))
