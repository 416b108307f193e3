# SPDX-License-Identifier: Apache-2.0
"""The inside of a mouth, which an image of a closed mouth does not show: cavity, teeth, tongue.

Upper teeth are fixed to the head, lower teeth and tongue go with the chin. Colours come from the
image: the cavity is a dark shade of the lips, teeth are as bright as the white of the eyes.
"""

from __future__ import annotations

import cv2
import numpy as np

from x2c_core.arrays import Array, ImageArray
from x2c_core.face import topology
from x2c_core.face.head_pose import HeadPose
from x2c_imitation.x2cnet.transfer.window import Layer, Window

_OUTLINE = np.concatenate([topology.LIP_UPPER_INNER, topology.LIP_LOWER_INNER[-2:0:-1]])
_LIPS = np.concatenate([topology.LIP_UPPER_OUTER, topology.LIP_LOWER_OUTER[-2:0:-1]])
_LOWER_LIP = topology.LIP_LOWER_INNER[3:8]
_APPEARS = (0.015, 0.06)
"""Opening beyond the neutral one at which the inside begins to be seen, and is seen in full
[interocular distances].
"""

_TEETH = (0.135, 0.105, 0.115, 0.1, 0.1, 0.1)
"""Widths of the teeth from the middle outwards [interocular distances]."""
_DEPTH = -0.1
"""Teeth are so far behind the lips."""
_JAW = 0.88
"""Share of the lower lip's motion that the lower teeth follow."""
_FINE = 4


class MouthLayer:
    """The inside of one face's mouth.

    Args:
        image: (h, w, 3) the neutral image.
        landmarks: (478, 2) on it [pixel].
        face: (478, 3) the same in the head frame [interocular distances].
        scale: Length of an interocular distance [pixel].
    """

    def __init__(self, image: ImageArray, landmarks: Array, face: Array, scale: float) -> None:
        self._neutral = face
        lips = face[_OUTLINE]
        self._middle = lips.mean(axis=0) + np.array([_DEPTH, 0.0, 0.0])
        self._opening = _opening(face)
        lip, white = _colour(image, landmarks[_LIPS], 50.0), _white(image, landmarks)
        self._cavity = (0.25 * lip * (lip / max(lip.max(), 1.0)) ** 1.5).astype(np.float32)
        tongue = np.clip(lip * 0.55, 0.0, 255.0)
        wide = float(np.ptp(lips[:, 1])) / 0.7
        self._fine = max(scale, 4.0)
        """Pixels of the layers' to an interocular distance."""
        self._upper = _row_of_teeth(white, self._fine, wide, above=True)
        lower = _row_of_teeth(white * 0.9, self._fine, wide, above=False)
        self._lower = _over(lower, _tongue(tongue, self._fine, wide))

    def draw(
        self, image: ImageArray, landmarks: Array, face: Array, pose: HeadPose, ratio: Array
    ) -> None:
        """Draw the inside between the lips, in place.

        Args:
            image: (h, w, 3).
            landmarks: (478, 2) as they are now [pixel].
            face: (478, 3) the same in the head frame [interocular distances].
            pose: Head pose in the image of the landmarks.
            ratio: (2,) pixels of the image to one of that image's.
        """
        amount = (_opening(face) - self._opening - _APPEARS[0]) / (_APPEARS[1] - _APPEARS[0])
        if amount <= 0.0:
            return
        window = Window.around(landmarks[_OUTLINE], image.shape)
        if window is None:
            return
        cover = window.cover(landmarks[_OUTLINE])
        jaw = _JAW * (face[_LOWER_LIP] - self._neutral[_LOWER_LIP]).mean(axis=0)
        layer = np.broadcast_to(self._cavity, (window.height, window.width, 3))
        for teeth, away in ((self._lower, jaw), (self._upper, np.zeros(3))):
            matrix = self._matrix(pose, self._middle + away, ratio, teeth.shape)
            over = window.warp(teeth, matrix, cv2.BORDER_CONSTANT)
            layer = layer * (1.0 - over[:, :, 3:]) + over[:, :, :3]
        # Less light comes in near the lips.
        deep = float(np.clip(0.04 * pose.scale * ratio[0], 0.3, 0.1 * len(image)))
        light = cv2.GaussianBlur(cover, (0, 0), deep, borderType=cv2.BORDER_CONSTANT)
        layer = layer * np.clip(1.4 * light - 0.1, 0.4, 1.0)[:, :, None]
        window.blend(image, layer, cover * np.float32(min(amount, 1.0)))

    def _matrix(self, pose: HeadPose, place: Array, ratio: Array, shape: tuple[int, ...]) -> Array:
        """Return the map (2, 3) from the image to a layer whose middle is at a place (3,)."""
        # The layer's x goes to the face's left, its y down.
        axes = pose.scale * pose.rotation[:2, 1:] * (1.0, -1.0) / self._fine * ratio[:, None]
        there = pose.to_pixels(place)[:2] * ratio - 0.5
        (a, b), (c, d) = axes.tolist()
        area = a * d - b * c
        # LAPACK's threads would take longer than all the rest.
        back = np.array([[d, -b], [-c, a]]) / area if abs(area) > 1e-6 else np.eye(2)
        middle = np.array([shape[1] - 1, shape[0] - 1]) / 2.0
        return np.column_stack([back, middle - back @ there])


def _opening(face: Array) -> float:
    """Return the mean distance between the lips' inner edges [interocular distances]."""
    upper, lower = topology.LIP_UPPER_INNER[3:8], topology.LIP_LOWER_INNER[3:8]
    return float((face[upper, 2] - face[lower, 2]).mean())


def _colour(image: ImageArray, outline: Array, percentile: float) -> Array:
    window = Window.around(outline, image.shape)
    if window is None:
        return np.full(3, 128.0)
    inside = image[window.rows_columns][window.cover(outline) > 0.8]
    if not len(inside):
        return np.full(3, 128.0)
    brightness = inside.sum(axis=1)
    chosen = brightness >= np.percentile(brightness, percentile)
    return np.asarray(inside[chosen].mean(axis=0))


def _white(image: ImageArray, landmarks: Array) -> Array:
    outlines = [
        landmarks[
            np.concatenate(
                [
                    getattr(topology, f"EYE_{side}_UPPER"),
                    getattr(topology, f"EYE_{side}_LOWER")[-2:0:-1],
                ]
            )
        ]
        for side in ("LEFT", "RIGHT")
    ]
    brightest = np.mean([_colour(image, outline, 85.0) for outline in outlines], axis=0)
    # Seldom is the white of an eye bright in a small image; teeth are a little warmer.
    return np.asarray(np.maximum(brightest, 150.0) * (1.0, 0.98, 0.93))


def _row_of_teeth(colour: Array, fine: float, wide: float, *, above: bool) -> Layer:
    """Return a row of teeth as a layer (h, w, 4), colour times cover, and cover."""
    unit = fine * _FINE
    width, height = round(1.3 * wide * unit), round(0.7 * wide * unit)
    layer = np.zeros((max(height, 1), max(width, 1), 4), dtype=np.float32)
    sign = 1.0 if above else -1.0
    for side in (-1.0, 1.0):
        begin = 0.0
        for number, tooth in enumerate(_TEETH):
            across = tooth * wide * (1.0 if above else 0.8) * (1.0 - 0.09 * number)
            start, end = begin + 0.004, begin + across - 0.004
            begin += across
            # Edges curve away to the sides; the upper ones end a little below the lips' line.
            edge = sign * 0.006 * number * number - (0.06 if above else 0.0)
            root = edge + sign * 0.22 * wide
            corners = np.array([[start, edge], [end, edge], [end, root], [start, root]]) * (
                side,
                -1.0,
            )
            places = (corners * unit + (width / 2.0, height / 2.0)).round().astype(np.int32)
            shade = 1.0 - 0.11 * number
            cv2.fillPoly(layer, [places], (*(float(c) for c in colour * shade), 1.0))
    return _reduced(layer, 0.012 * unit)


def _tongue(colour: Array, fine: float, wide: float) -> Layer:
    unit = fine * _FINE
    width, height = round(1.3 * wide * unit), round(0.7 * wide * unit)
    layer = np.zeros((max(height, 1), max(width, 1), 4), dtype=np.float32)
    centre = (width // 2, round(height / 2.0 + 0.2 * wide * unit))
    axes = (max(round(0.26 * wide * unit), 1), max(round(0.16 * wide * unit), 1))
    cv2.ellipse(layer, centre, axes, 0.0, 0.0, 360.0, (*(float(c) for c in colour), 1.0), -1)
    return _reduced(layer, 0.03 * unit)


def _reduced(layer: Layer, blur: float) -> Layer:
    height, width = layer.shape[:2]
    size = (max(width // _FINE, 1), max(height // _FINE, 1))
    soft = cv2.GaussianBlur(layer, (0, 0), blur)
    return np.asarray(cv2.resize(soft, size, interpolation=cv2.INTER_AREA), dtype=np.float32)


def _over(upper: Layer, lower: Layer) -> Layer:
    return np.asarray(upper + lower * (1.0 - upper[:, :, 3:]), dtype=np.float32)
