# SPDX-License-Identifier: Apache-2.0
"""The painted skin: lips, brows, lash lines and soft shadows on one square image.

The image plane is the face seen from the front [interocular distances]: to the own left, and up.
Behind the face's outline the skull is spread out around it.
"""

from __future__ import annotations

import functools

import cv2
import numpy as np
from numpy.typing import NDArray

from x2c_core.arrays import Array, ImageArray
from x2c_core.face import topology
from x2c_virtual_face.head.skin_mesh import control_landmarks

Colour = tuple[int, int, int]

SIZE = 640
_SPAN = 3.3
_MIDDLE = np.array([0.0, -0.42])
_SHIFT = 4
_BROW_THINNING = 0.2
_INVISIBLE = 1e-8
"""Share of a colour that changes no value of a pixel."""

SKIN: Colour = (218, 178, 154)
LIP: Colour = (190, 108, 101)
_MOUTH_SEAM: Colour = (104, 40, 42)
BROW: Colour = (74, 52, 43)
LASH: Colour = (44, 30, 28)
_WATERLINE: Colour = (196, 132, 120)
_SHADE: Colour = (156, 106, 88)
_BLUSH: Colour = (222, 142, 124)
CAP: Colour = (62, 54, 54)


def coordinates(flat: Array) -> Array:
    """Return texture coordinates (n, 2) in [0, 1] of positions (n, 2) in the image plane."""
    return np.asarray(0.5 + (flat - _MIDDLE) / _SPAN)


@functools.cache
def skin_texture() -> ImageArray:
    """Return the image (SIZE, SIZE, 3), RGB, first row lowest; painted once, read-only."""
    landmarks = control_landmarks()[:, 1:]
    canvas = np.empty((SIZE, SIZE, 3), np.float32)
    canvas[:] = SKIN
    _paint_cap(canvas, landmarks)
    _paint_soft_shapes(canvas)
    _paint_lips(canvas, landmarks)
    for upper, lower in (
        (topology.BROW_LEFT_UPPER, topology.BROW_LEFT_LOWER),
        (topology.BROW_RIGHT_UPPER, topology.BROW_RIGHT_LOWER),
    ):
        _paint_brow(canvas, landmarks[upper], landmarks[lower])
    for upper, lower in (
        (topology.EYE_LEFT_UPPER, topology.EYE_LEFT_LOWER),
        (topology.EYE_RIGHT_UPPER, topology.EYE_RIGHT_LOWER),
    ):
        _paint_eye(canvas, landmarks[upper], landmarks[lower])
    painted = np.clip(canvas, 0, 255).astype(np.uint8)
    painted.flags.writeable = False
    return painted


def _pixels(positions: Array) -> Array:
    return coordinates(positions) * SIZE - 0.5


def _blend(canvas: NDArray[np.float32], mask: NDArray[np.float32], colour: Colour) -> None:
    left, top, width, height = cv2.boundingRect((mask > _INVISIBLE).astype(np.uint8))
    position = np.s_[top : top + height, left : left + width]
    canvas[position] += mask[position][:, :, None] * (
        np.array(colour, np.float32) - canvas[position]
    )


def _filled(polygon: Array, blur: float, strength: float = 1.0) -> NDArray[np.float32]:
    mask = np.zeros((SIZE, SIZE), np.float32)
    points = np.round(_pixels(polygon) * 2**_SHIFT).astype(np.int32)
    cv2.fillPoly(mask, [points], (strength,), cv2.LINE_8, _SHIFT)
    return _blurred(mask, blur)


def _stroke(line: Array, width: float, blur: float, strength: float = 1.0) -> NDArray[np.float32]:
    mask = np.zeros((SIZE, SIZE), np.float32)
    points = np.round(_pixels(line) * 2**_SHIFT).astype(np.int32)
    thickness = max(1, round(width * SIZE / _SPAN))
    cv2.polylines(mask, [points], False, (strength,), thickness, cv2.LINE_8, _SHIFT)
    return _blurred(mask, blur)


def _blurred(mask: NDArray[np.float32], blur: float) -> NDArray[np.float32]:
    deviation = blur * SIZE / _SPAN
    left, top, width, height = cv2.boundingRect((mask > 0.0).astype(np.uint8))
    # The filter reaches four deviations far: beyond that, nothing stays nothing.
    reach = int(5.0 * deviation) + 1
    rows = slice(max(top - reach, 0), top + height + reach)
    position = rows, slice(max(left - reach, 0), left + width + reach)
    blurred = np.zeros_like(mask)
    blurred[position] = cv2.GaussianBlur(mask[position], (0, 0), deviation)
    return blurred


def _spot(
    middle: tuple[float, float], radii: tuple[float, float], strength: float
) -> NDArray[np.float32]:
    pixels = ((np.arange(SIZE) + 0.5) / SIZE - 0.5) * _SPAN
    across = np.exp(-(((pixels + _MIDDLE[0] - middle[0]) / radii[0]) ** 2))
    up = np.exp(-(((pixels + _MIDDLE[1] - middle[1]) / radii[1]) ** 2))
    return np.asarray(strength * np.outer(up, across), np.float32)


def _paint_soft_shapes(canvas: NDArray[np.float32]) -> None:
    for side in (-1.0, 1.0):
        _blend(canvas, _spot((side * 0.30, 0.05), (0.10, 0.16), 0.28), _SHADE)
        _blend(canvas, _spot((side * 0.50, 0.17), (0.26, 0.07), 0.28), _SHADE)
        _blend(canvas, _spot((side * 0.66, -0.45), (0.22, 0.20), 0.30), _BLUSH)
        _blend(canvas, _spot((side * 0.115, -0.565), (0.065, 0.032), 0.75), (96, 56, 50))
        _blend(canvas, _spot((side * 0.30, -0.50), (0.04, 0.09), 0.30), _SHADE)
    _blend(canvas, _spot((0.0, -1.14), (0.22, 0.045), 0.40), _SHADE)
    _blend(canvas, _spot((0.0, -0.69), (0.04, 0.07), 0.25), _SHADE)
    _blend(canvas, _spot((0.0, -0.52), (0.10, 0.08), 0.18), _BLUSH)


def _paint_lips(canvas: NDArray[np.float32], landmarks: Array) -> None:
    outer = np.concatenate([topology.LIP_UPPER_OUTER, topology.LIP_LOWER_OUTER[::-1]])
    _blend(canvas, _filled(landmarks[outer], 0.012), LIP)
    upper = np.concatenate([topology.LIP_UPPER_OUTER, topology.LIP_UPPER_INNER[::-1]])
    _blend(canvas, _filled(landmarks[upper], 0.015, 0.25), _MOUTH_SEAM)
    for line in (topology.LIP_UPPER_INNER, topology.LIP_LOWER_INNER):
        _blend(canvas, _stroke(landmarks[line], 0.022, 0.010, 0.9), _MOUTH_SEAM)


def _paint_brow(canvas: NDArray[np.float32], upper: Array, lower: Array) -> None:
    middle = 0.5 * (upper + lower)
    polygon = np.concatenate([upper, lower[::-1]])
    polygon += _BROW_THINNING * (np.concatenate([middle, middle[::-1]]) - polygon)
    _blend(canvas, _filled(polygon, 0.015, 0.97), BROW)


def _paint_eye(canvas: NDArray[np.float32], upper: Array, lower: Array) -> None:
    hole = np.concatenate([upper, lower[::-1]])
    _blend(canvas, _filled(hole, 0.012), _WATERLINE)
    _blend(canvas, _stroke(lower, 0.018, 0.010, 0.55), LASH)
    _blend(canvas, _stroke(upper, 0.030, 0.012, 0.8), LASH)
    crease = upper[1:-1] + np.array([0.0, 0.085])
    _blend(canvas, _stroke(crease, 0.02, 0.015, 0.35), _SHADE)


def _paint_cap(canvas: NDArray[np.float32], landmarks: Array) -> None:
    """Paint the hair from the hairline back; below the ears it starts further back."""
    away = landmarks[topology.OVAL] - _MIDDLE
    reach = np.where(away[:, 1] > 0.1, 0.965, np.where(away[:, 1] > -0.3, 1.0, 1.09))
    face = _MIDDLE + away * reach[:, None]
    _blend(canvas, 1.0 - _filled(_rounded(face), 0.006), CAP)


def _rounded(polygon: Array) -> Array:
    """Return a closed polygon with its corners cut three times (Chaikin)."""
    for _ in range(3):
        following = np.roll(polygon, -1, axis=0)
        polygon = np.stack(
            [0.75 * polygon + 0.25 * following, 0.25 * polygon + 0.75 * following], axis=1
        ).reshape(-1, 2)
    return polygon
