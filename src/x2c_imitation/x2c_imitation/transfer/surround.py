# SPDX-License-Identifier: Apache-2.0
"""What is around the face in a picture: hair, ears, neck, background.

Rings of vertices around the face's oval, larger and larger. The head's rings turn with the head,
the outermost stays, and what is between gives way; below the chin the neck gives way at once.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from x2c_face import topology
from x2c_face.head_pose import HeadPose

Array = NDArray[np.float64]
Indices = NDArray[np.intp]

_RINGS = (1.25, 1.6, 2.0, 2.7, 3.6)
"""Sizes of the rings [sizes of the oval]."""
_HEAD = np.array([1.0, 1.0, 1.0, 0.4, 0.0])
_NECK = np.array([0.6, 0.3, 0.1, 0.0, 0.0])
"""How much of the head's motion each ring takes up, above and beside the face, and below it."""
_MIDDLE = -1.15
"""Depth of the skull's middle, over the neck: its outline hardly moves as the head turns."""

COUNT = len(_RINGS) * len(topology.OVAL)


class Surround:
    """Vertices around one face.

    Args:
        face: (478, 3) neutral landmarks in the head frame [interocular distances].
        pose: Of the neutral face.
    """

    def __init__(self, face: Array, pose: HeadPose) -> None:
        oval = face[topology.OVAL]
        middle = oval.mean(axis=0)
        away = oval - middle
        angle = away[:, 2] / np.maximum(np.hypot(away[:, 1], away[:, 2]), 1e-9)
        below = np.clip((-angle - 0.35) / 0.4, 0.0, 1.0)
        rings = [middle + ring * away for ring in _RINGS]
        self._points = np.concatenate(rings)
        self._points[:, 0] = _MIDDLE
        weights = np.outer(_HEAD, 1.0 - below) + np.outer(_NECK, below)
        self._weights = weights.reshape(-1, 1)
        self.neutral = pose.to_pixels(self._points)

    def vertices(self, pose: HeadPose) -> Array:
        """Return the vertices (COUNT, 3) [pixel] when the head has a pose."""
        return np.asarray(
            self.neutral + self._weights * (pose.to_pixels(self._points) - self.neutral)
        )


def triangles(first: int) -> Indices:
    """Return the triangles (m, 3) between the oval and the rings.

    Args:
        first: Index of the first ring's first vertex.
    """
    count = len(topology.OVAL)
    rings = [topology.OVAL, *(first + count * k + np.arange(count) for k in range(len(_RINGS)))]
    strips = []
    for inner, outer in pairwise(rings):
        after, beyond = np.roll(inner, -1), np.roll(outer, -1)
        strips += [np.stack([inner, outer, after], 1), np.stack([after, outer, beyond], 1)]
    return np.concatenate(strips)
