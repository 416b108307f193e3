# SPDX-License-Identifier: Apache-2.0
"""Surroundings of the face in an image: hair, ears, neck, background.

Rings of vertices around the face's oval, larger and larger. Beside and above the face they go with
the head, the outermost stays, and what is between gives way. Below, the neck hardly moves and the
jaw slides over it: what the jaw hides in the neutral image is guessed from what is around.
"""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np

from x2c_core.arrays import Array, ImageArray, Indices
from x2c_core.face import topology
from x2c_core.face.head_pose import HeadPose
from x2c_imitation.x2cnet.transfer.mesh import COLLAR
from x2c_imitation.x2cnet.transfer.piecewise_map import PiecewiseMap
from x2c_imitation.x2cnet.transfer.window import Window

_OVAL = topology.OVAL[::2]

# ring [sizes of the oval], how far it goes with the oval's own landmark, how far with the head,
# and how far it goes with the head below the face
_RINGS = (
    (0.6, 0.5, 1.0, 0.3),
    (1.0, 1.0, 1.0, 0.3),
    (1.25, 0.5, 1.0, 0.2),
    (1.6, 0.15, 1.0, 0.1),
    (2.0, 0.0, 1.0, 0.05),
    (2.7, 0.0, 0.4, 0.0),
    (3.6, 0.0, 0.0, 0.0),
)
_SKULL = np.array([-1.1, 0.0, 0.3])
"""Middle of the skull, in the head frame [interocular distances]."""

_BELOW = (0.2, 0.5)
"""Slope (sine of the angle) at which a direction begins to be, and is, below the face."""

_WIDER = 0.4
"""A skull seen from the side is so much wider."""

_CROWN = (0.2, 0.8)
"""Heights above the eyes at which a head begins to be, and is, as round as a skull [interocular
distances]; below, it is as flat as ears are.
"""

_CELL = 4
"""The surround is smooth: its map is made for one in so many pixels each way."""


class Surround:
    """The surround of one face.

    Args:
        image: (size, size, 3) the neutral image.
        landmarks: (478, 2) on it [pixel].
        face: (478, 3) the same in the head frame [interocular distances].
        pose: Pose of the neutral face, in any image.
        ratio: (2,) pixels of this image to one of that one.
    """

    def __init__(
        self, image: ImageArray, landmarks: Array, face: Array, pose: HeadPose, ratio: Array
    ) -> None:
        self._pose, self._ratio = pose, ratio
        oval = landmarks[_OVAL]
        self._oval = oval
        middle = oval.mean(axis=0)
        away = face[_OVAL] - face[_OVAL].mean(axis=0)
        down = -away[:, 2] / np.maximum(np.hypot(away[:, 1], away[:, 2]), 1e-9)
        below = np.clip((down - _BELOW[0]) / (_BELOW[1] - _BELOW[0]), 0.0, 1.0)
        size, own, head, neck = np.array(_RINGS).T
        rings = middle + size[:, None, None] * (oval - middle)
        self._vertices = np.vstack([rings.reshape(-1, 2), middle])
        self._own = _weights(own, 0.0 * own, below)
        self._head = _weights(head, neck, below) * (1.0 - self._own)
        heights = np.append(np.outer(size, away[:, 2]), 0.0) + face[_OVAL, 2].mean()
        self._crown = np.clip((heights - _CROWN[0]) / (_CROWN[1] - _CROWN[0]), 0.0, 1.0)
        self._size = image.shape[0]
        cells = -(-self._size // _CELL) + 2
        self._window = Window(-1, -1, cells, cells)
        self._map = PiecewiseMap(self._to_cells(self._vertices), _triangles(), room=1.5)
        self._behind = _without_jaw(image, landmarks, below)

    def draw(self, landmarks: Array, pose: HeadPose) -> ImageArray:
        """Return the image (size, size, 3) without the face.

        Args:
            landmarks: (478, 2) as they are now [pixel].
            pose: Head pose.
        """
        moved = self._turned(pose) - self._vertices
        own = np.vstack([np.tile(landmarks[_OVAL] - self._oval, (len(_RINGS), 1)), moved[-1:]])
        vertices = self._vertices + self._head * moved + self._own * own
        source, _ = self._map.source(self._to_cells(vertices), None, self._window)
        fine = (self._window.width * _CELL, self._window.height * _CELL)
        fields = cv2.resize((source + 0.5) * _CELL - 0.5, fine, interpolation=cv2.INTER_LINEAR)
        part = fields[_CELL : _CELL + self._size, _CELL : _CELL + self._size]
        warped = cv2.remap(
            self._behind,
            np.ascontiguousarray(part),
            np.empty(0, dtype=np.float32),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        return np.asarray(warped, dtype=np.uint8)

    def _turned(self, pose: HeadPose) -> Array:
        """Return the vertices (n, 2) where the outline of a skull would take them [pixel]."""
        up, side, lateral = _axes(pose)
        up_before, side_before, lateral_before = _axes(self._pose)
        middle, before = ((one.to_pixels(_SKULL)[:2]) for one in (pose, self._pose))
        away = self._vertices / self._ratio - before
        scale = pose.scale / self._pose.scale
        skull = 1.0 + _WIDER * (lateral**2 - lateral_before**2)
        ears = np.sqrt((1.0 - lateral**2) / max(1.0 - lateral_before**2, 0.1))
        across = (away @ side_before) * (ears + self._crown * (skull - ears))
        turned = scale * (np.outer(across, side) + np.outer(away @ up_before, up))
        return np.asarray((turned + middle) * self._ratio)

    def _to_cells(self, vertices: Array) -> Array:
        return np.asarray((vertices + 0.5) / _CELL - 0.5)


def _axes(pose: HeadPose) -> tuple[Array, Array, float]:
    """Return the head's up and left in the image (2,), and how far to its side it looks."""
    up = pose.rotation[:2, 2]
    up = up / max(float(np.hypot(*up)), 1e-9)
    side = np.array([-up[1], up[0]])
    return up, side, float(pose.rotation[:2, 0] @ side)


def _weights(beside: Array, under: Array, below: Array) -> Array:
    weights = np.outer(beside, 1.0 - below) + np.outer(under, below)
    return np.vstack([weights.reshape(-1, 1), [[1.0]]])


def _triangles() -> Indices:
    """Return the triangles (m, 3) of the rings; the last vertex is in the middle."""
    count = len(_OVAL)
    rings = [count * number + np.arange(count) for number in range(len(_RINGS))]
    middle = np.full(count, count * len(_RINGS))
    strips = [np.stack([middle, rings[0], np.roll(rings[0], -1)], 1)]
    for inner, outer in pairwise(rings):
        after, beyond = np.roll(inner, -1), np.roll(outer, -1)
        strips += [np.stack([inner, outer, after], 1), np.stack([after, outer, beyond], 1)]
    return np.concatenate(strips)


def _without_jaw(image: ImageArray, landmarks: Array, below: Array) -> ImageArray:
    """Return the image with the neck and the background going on behind the lower face."""
    oval = landmarks[topology.OVAL]
    middle = oval.mean(axis=0)
    jaw = middle + (1.0 + COLLAR) * (oval - middle)
    whole = Window.whole(image.shape)
    hidden = whole.cover(jaw)
    # Each column goes on as it is below the jaw.
    rows = np.arange(len(image))[:, None]
    last = np.where(hidden > 0.0, rows, -1).max(axis=0)
    few = np.clip(last + 2 + np.arange(3)[:, None], 0, len(image) - 1)
    going_on = image[few, np.arange(image.shape[1])].mean(axis=0)
    lower = whole.cover(np.vstack([middle, middle + 2.0 * (oval[::2] - middle)[below > 0.0]]))
    replaced = (hidden > 0.3) & (lower > 0.0)
    behind = image.copy()
    behind[replaced] = np.broadcast_to(going_on, image.shape)[replaced].round()
    return behind
