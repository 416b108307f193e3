# SPDX-License-Identifier: Apache-2.0
"""Position of the eyeballs, and weights of the lids [interocular distances, head frame]."""

from __future__ import annotations

import numpy as np

from x2c_core.arrays import Array
from x2c_core.easing import smoothstep
from x2c_core.face import topology

CENTRE_LEFT: Array = np.array([-0.170, 0.495, 0.034])
RADIUS = 0.245
IRIS_RADIUS = 0.103
UPPER_LID_OFFSET = 0.034
LOWER_LID_OFFSET = 0.022
CLOSING_ANGLE = 0.78
"""Turn of the upper lids from neutral to shut [rad]; the weights below belong to it."""

TARGET_DISTANCE = 11.1
"""Point where the eyes' lines of sight meet, 0.7 m away: about the distance of a conversation."""

_WIDER = 0.14
_LOWER_LID_SAGS, _UPPER_LID_SAGS = 0.03, 0.015
"""Depth of the middle of the lids below the reference face's: it brings the corners to half
height, as in people, where the tracker reads the height of the gaze."""

_SIDES = {
    "left": (topology.EYE_LEFT_UPPER, topology.EYE_LEFT_LOWER, CENTRE_LEFT),
    "right": (
        topology.EYE_RIGHT_UPPER,
        topology.EYE_RIGHT_LOWER,
        CENTRE_LEFT * np.array([1.0, -1.0, 1.0]),
    ),
}


def centre(side: str) -> Array:
    """Return the centre (3,) of the "left" or "right" eyeball."""
    return np.asarray(_SIDES[side][2])


def inwards(side: str) -> Array:
    """Return the rotation (3, 3) that turns an eye which looks along +x to meet the other's sight.

    Wherever both turn to, their lines of sight go on meeting at nearly this distance.
    """
    angle = -np.arctan(centre(side)[1] / TARGET_DISTANCE)
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])


def with_lids_on_eyeballs(landmarks: Array) -> Array:
    """Return the landmarks (468, 3) with the skin around the eyes moved out of the eyeballs."""
    fitted = landmarks.copy()
    for upper, lower, _ in _SIDES.values():
        opening = fitted[upper, 2] - np.interp(
            np.abs(fitted[upper, 1]), np.abs(fitted[lower, 1]), fitted[lower, 2]
        )
        fitted[upper, 2] += _WIDER * opening
        for margin, sag in ((upper, _UPPER_LID_SAGS), (lower, _LOWER_LID_SAGS)):
            fitted[margin[1:-1], 2] -= sag * np.sin(np.linspace(0.0, np.pi, len(margin)))[1:-1]
    for upper, lower, middle in _SIDES.values():
        for margin, offset in ((lower, LOWER_LID_OFFSET), (upper, UPPER_LID_OFFSET)):
            for i in margin:
                away = fitted[i] - middle
                fitted[i] = middle + away / np.linalg.norm(away) * (RADIUS + offset)
        away = fitted - middle
        distance = np.linalg.norm(away, axis=1)
        inside = (distance < RADIUS + 0.045) & (distance > 1e-9)
        inside[np.concatenate([upper, lower])] = False
        fitted[inside] = middle + away[inside] / distance[inside, None] * (RADIUS + 0.045)
    return fitted


def lid_weights(landmarks: Array, side: str) -> tuple[Array, Array]:
    """Return how much each landmark follows the upper and the lower lid's hinge, (468,) each.

    Turned by CLOSING_ANGLE, the upper lid's margin comes to lie on the lower lid's.
    """
    upper, lower, middle = _SIDES[side]
    relative = landmarks - middle
    elevation = np.arctan2(relative[:, 2], relative[:, 0])
    across = np.abs(landmarks[:, 1])
    order_upper, order_lower = (ids[np.argsort(across[ids])] for ids in (upper, lower))
    low = np.interp(across, across[order_lower], elevation[order_lower])
    gap = np.interp(across, across[order_upper], elevation[order_upper]) - low
    gap[across < across[order_upper[0]]] = 0.0
    gap[across > across[order_upper[-1]]] = 0.0
    gap = np.maximum(gap, 0.0)
    tangent = np.tan(gap)
    closing = tangent / (np.sin(CLOSING_ANGLE) + tangent * (1.0 - np.cos(CLOSING_ANGLE)))

    own_side = landmarks[:, 1] * middle[1] > 0.0
    margin_high = np.interp(across, across[order_upper], landmarks[order_upper, 2])
    margin_low = np.interp(across, across[order_lower], landmarks[order_lower, 2])
    halfway = 0.5 * (margin_high + margin_low)
    above = own_side & (landmarks[:, 2] >= halfway)
    below = own_side & (landmarks[:, 2] < halfway)
    up = np.where(above, closing * _fade((landmarks[:, 2] - margin_high) / 0.17), 0.0)
    profile = np.clip(gap / gap[upper].max(), 0.0, 1.0)
    down = np.where(below, profile * _fade((margin_low - landmarks[:, 2]) / 0.26), 0.0)
    # The eye's corners belong to both lids and stay.
    for corner in (upper[0], upper[-1]):
        up[corner] = down[corner] = 0.0
    return up, down


def _fade(distance: Array) -> Array:
    return 1.0 - smoothstep(distance)
