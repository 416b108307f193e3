# SPDX-License-Identifier: Apache-2.0
"""Facial action units that landmarks tell, against the person's neutral face.

Geometry shows where skin has moved, not which muscle moved it. Units that leave landmarks where
they are (cheeks, nose, neck), or that move them as others do (7 as a blink, 16 as 26), are not
measured. Intensities are shares of a strong expression, not grades of a trained observer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from x2c_core.arrays import Array
from x2c_core.face.descriptors import Descriptor, describe_face
from x2c_core.face.frames import Face

COUNT = 99
"""Length of the arrays of hri_msgs/FacialActionUnits; the index is the code of the unit."""

_NAMES = list(Descriptor)
_CHIN, _SUBNASALE, _UP = 152, 2, 2

_FULL = {
    1: 0.10,
    2: 0.08,
    4: 0.08,
    5: 0.05,
    10: 0.09,
    12: 0.17,
    15: 0.10,
    18: 0.30,
    20: 0.21,
    25: 0.20,
    26: 0.25,
}
"""Motion at which a unit counts as 1 [interocular distances].

About the strongest in films of three expressive performers (99th percentile); 15 and 25, which are
seldom alone there, by estimate.
"""

_TURN = math.radians(45.0)
_GLANCE = math.radians(30.0)
"""Angles at which head and eye movements count as 1 [rad]."""


@dataclass(frozen=True)
class ActionUnits:
    """Action units of a face.

    Attributes:
        intensity: (99,) 0 to 1; 0 for those that are not measured.
        confidence: (99,) 0 to 1; 0 for those that are not measured.
    """

    intensity: Array
    confidence: Array


def action_units(face: Face, neutral: Face | None) -> ActionUnits:
    """Return the action units of a tracked face.

    The confidence is the tracker's, less the more the head is turned away, as landmarks on the
    far side are guessed; for what is measured against the neutral face also times its confidence.

    Args:
        face: Tracked face.
        neutral: The person's neutral face; None while it is not known, when only movements of
            head and eyes are measured.

    Raises:
        LandmarkError: A landmark is NaN or infinite.
    """
    intensity, confidence = np.zeros(COUNT), np.zeros(COUNT)
    if face.pose is None:
        return ActionUnits(intensity, confidence)
    turn = face.pose.yaw_pitch_roll
    yaw, pitch, _ = turn
    trust = face.confidence * max(math.cos(yaw) * math.cos(pitch), 0.0)
    points = face.pose.to_head_frame(face.landmarks)
    now = describe_face(points)
    found = [(_movements(turn, now), trust)]
    if neutral is not None and neutral.pose is not None:
        rest = neutral.pose.to_head_frame(neutral.landmarks)
        found.append((_expressions(points, now, rest), trust * neutral.confidence))
    for units, sure in found:
        for code, amount in units.items():
            intensity[code] = min(max(amount, 0.0), 1.0)
            confidence[code] = sure
    return ActionUnits(intensity, confidence)


def _movements(turn: tuple[float, float, float], now: Array) -> dict[int, float]:
    named = dict(zip(_NAMES, now.tolist(), strict=False))
    yaw, pitch, roll = turn
    sideways, up = named[Descriptor.GAZE_YAW], named[Descriptor.GAZE_PITCH]
    return {
        **_both(51, 52, yaw / _TURN),
        **_both(54, 53, pitch / _TURN),
        **_both(56, 55, roll / _TURN),
        **_both(61, 62, sideways / _GLANCE),
        **_both(63, 64, up / _GLANCE),
    }


def _expressions(points: Array, now: Array, rest: Array) -> dict[int, float]:
    before = describe_face(rest)
    moved = dict(zip(_NAMES, (now - before).tolist(), strict=False))
    inner = _mean(moved, "brow_inner_height")
    corners = _mean(moved, "corner_height")
    width = moved[Descriptor.MOUTH_WIDTH]
    jaw = _jaw(points) - _jaw(rest)
    shares = {
        1: inner,
        2: _mean(moved, "brow_outer_height"),
        4: -inner,
        5: _mean(moved, "eye_openness"),
        10: moved[Descriptor.UPPER_LIP_RAISE],
        12: corners,
        # A dropped jaw takes the corners along.
        15: -corners - max(jaw, 0.0),
        18: -width,
        25: moved[Descriptor.MOUTH_OPENING],
        26: jaw,
    }
    units = {code: amount / _FULL[code] for code, amount in shares.items()}
    # A smile widens the mouth and raises the upper lip, too; stretched lips have level corners.
    wide, smiling = width / _FULL[20], min(max(2.0 * units[12], 0.0), 1.0)
    units[20] = (1.0 - smiling) * wide
    units[12] += smiling * max(wide - units[12], 0.0) / 2.0
    units[10] -= max(units[12], 0.0)
    left, right = (_closed(now, before, side) for side in ("left", "right"))
    return units | {43: min(left, right), 46: abs(left - right)}


def _closed(now: Array, before: Array, side: str) -> float:
    """Return how far an eye is closed, 0 to 1."""
    index = _NAMES.index(Descriptor(f"eye_openness_{side}"))
    return 1.0 - min(max(float(now[index] / max(before[index], 1e-3)), 0.0), 1.0)


def _mean(moved: dict[Descriptor, float], name: str) -> float:
    return (moved[Descriptor(f"{name}_left")] + moved[Descriptor(f"{name}_right")]) / 2.0


def _jaw(points: Array) -> float:
    return float(points[_SUBNASALE, _UP] - points[_CHIN, _UP])


def _both(positive: int, negative: int, amount: float) -> dict[int, float]:
    return {positive: amount, negative: -amount}
