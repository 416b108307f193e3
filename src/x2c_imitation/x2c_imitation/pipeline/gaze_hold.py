# SPDX-License-Identifier: Apache-2.0
"""Hold the gaze while lids hide the irises.

Behind a closing lid a tracker guesses the iris, mostly too low: without a hold, the eyes of the
robot dive in every blink. Lids that are merely low, as of someone who looks down, let the gaze
through; lids that move fast do not, and what the gaze was shortly before counts. A shut lid also
moves the skin around it, which an imitator may take for a look up: in a wink the gaze is held
until the iris of the open eye moves.
"""

from __future__ import annotations

import math
from collections import deque

import numpy as np

from x2c_core.arrays import Array
from x2c_core.face.descriptors import MATRIX, Relation
from x2c_core.face.frames import Face

_MEASURED = MATRIX[
    [
        Relation.EYE_OPENNESS_LEFT,
        Relation.EYE_OPENNESS_RIGHT,
        Relation.IRIS_SIDEWAYS_LEFT,
        Relation.IRIS_HEIGHT_LEFT,
        Relation.IRIS_SIDEWAYS_RIGHT,
        Relation.IRIS_HEIGHT_RIGHT,
    ]
].reshape(6, -1, 3)
_OF_EYES = np.flatnonzero(_MEASURED.any(axis=(0, 2)))
"""Landmarks that say how open the eyes are and where the irises are; no others are measured."""

_EYES = np.ascontiguousarray(_MEASURED[:, _OF_EYES]).reshape(6, -1)

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


_Pair = tuple[float, float]
"""Of the left and the right eye, or yaw and pitch."""

_Irises = tuple[float, ...]
"""Irises of both eyes, each sideways and up."""


class GazeHold:
    """Pass the gaze through where an eye is seen; else hold the one before.

    With one eye shut, as in a wink, the other one counts as soon as it looks elsewhere.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget the past, as for another person or after a jump in time."""
        self._time: float | None = None
        self._past: deque[tuple[float, _Pair, _Irises]] = deque()
        self._held = [False, False]
        self._shut = (False, False)
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
        # Two eyes and two angles: numbers take a fifth of the time of arrays.
        eyes = face.pose.to_head_frame(face.landmarks[_OF_EYES]).ravel()
        left, right, *irises = (_EYES @ eyes).tolist()
        yaw, pitch = gaze.tolist()
        return np.array(self._follow((left, right), tuple(irises), (yaw, pitch), now))

    def _follow(self, openness: _Pair, irises: _Irises, gaze: _Pair, now: float) -> _Pair:
        if self._time is None or now <= self._time:
            self._open = [max(one, _LEAST_OPEN) for one in openness]
            self._share = openness[0] / self._open[0], openness[1] / self._open[1]
            self._gaze, self._time = gaze, now
            self._past.append((now, gaze, irises))
            return gaze
        elapsed, self._time = now - self._time, now
        seen, speed = self._seen(openness, elapsed)
        early = now - _LOOK_BACK
        past = next((one for one in reversed(self._past) if one[0] <= early), None)
        if self._winks(speed, irises, irises if past is None else past[2]):
            seen = (0.0, 0.0)
        before = (None, None) if past is None else past[1]
        self._gaze = (
            self._angle(0, seen[0], before[0], gaze[0], elapsed),
            self._angle(1, seen[1], before[1], gaze[1], elapsed),
        )
        self._past.append((now, self._gaze, irises))
        while len(self._past) > 1 and self._past[1][0] <= early:
            self._past.popleft()
        return self._gaze

    def _angle(
        self, which: int, seen: float, before: float | None, measured: float, elapsed: float
    ) -> float:
        """Return one angle of the gaze to be shown [rad].

        Args:
            which: 0 for yaw, 1 for pitch.
            seen: Share to which it is seen, 0 to 1.
            before: Angle that was shown shortly before [rad]; None for none.
            measured: Angle that is measured now [rad].
            elapsed: Time since the last image [s].
        """
        shown = self._gaze[which]
        if seen < 1.0 and not self._held[which]:
            self._held[which] = True
            shown = shown if before is None else before
        if not self._held[which]:
            return measured
        shown += (1.0 - math.exp(-elapsed * seen / _CATCH_UP)) * (measured - shown)
        self._held[which] = seen < 1.0 or abs(shown - measured) > _CAUGHT_UP
        return shown

    def _winks(self, speed: _Pair, irises: _Irises, before: _Irises) -> bool:
        """Return whether one eye is shut, and the other one has not looked elsewhere since.

        Args:
            speed: Speed of the openness of both eyes [1/s].
            irises: Irises of both eyes, sideways and up [interocular distances].
            before: Likewise, shortly before.
        """
        if not any(self._shut):
            self._before, self._looked = before, False
        left, right = self._share
        self._shut = (
            (left < _SHUT and right - left > _APART)
            or (self._shut[0] and speed[0] > _BLINK_SPEED),
            (right < _SHUT and left - right > _APART)
            or (self._shut[1] and speed[1] > _BLINK_SPEED),
        )
        if self._shut[0] == self._shut[1]:
            return False
        seen = 2 if self._shut[0] else 0
        sideways, up = (irises[i] - self._before[i] for i in (seen, seen + 1))
        self._looked = self._looked or math.hypot(sideways, up) > _LOOK
        return not self._looked

    def _seen(self, openness: _Pair, elapsed: float) -> tuple[_Pair, _Pair]:
        """Return how well yaw and pitch are seen, 0 to 1, and both lids' speed [1/s]."""
        yaw = pitch = 0.0
        shares, speeds = [], []
        for eye, opening in enumerate(openness):
            usual = self._open[eye]
            constant = _RISE if opening > usual else _FALL
            usual += (1.0 - math.exp(-elapsed / constant)) * (opening - usual)
            self._open[eye] = max(usual, _LEAST_OPEN)
            share = opening / self._open[eye]
            speed = (share - self._share[eye]) / elapsed
            still = min(max(2.0 - abs(speed) / _BLINK_SPEED, 0.0), 1.0)
            opens = share > _WIDE and speed > -_BLINK_SPEED
            yaw = max(yaw, _ramp(share, _SEEN_YAW))
            pitch = max(pitch, 1.0 if opens else _ramp(share, _SEEN_PITCH) * still)
            shares.append(share)
            speeds.append(speed)
        self._share = shares[0], shares[1]
        return (yaw, pitch), (speeds[0], speeds[1])


def _ramp(share: float, ends: _Pair) -> float:
    first, last = ends
    return min(max((share - first) / (last - first), 0.0), 1.0)
