# SPDX-License-Identifier: Apache-2.0
"""The Face Mesh with what warping needs: lashes, a collar around the face, no holes.

Vertices are the 478 landmarks; one above each landmark of the upper lids, so that the strip of
lashes keeps its width when the lid comes down and only the skin above it stretches; and one
outside each landmark of the oval, so that the face's rim is part of the face.
"""

from __future__ import annotations

import numpy as np

from x2c_core.arrays import Array, Indices
from x2c_core.face import topology

_EDGES = [
    (topology.EYE_LEFT_UPPER, topology.EYE_LEFT_LOWER),
    (topology.EYE_RIGHT_UPPER, topology.EYE_RIGHT_LOWER),
    (topology.LIP_UPPER_INNER, topology.LIP_LOWER_INNER),
]
"""Edges that meet and must not cross, upper and lower."""

_LIDS = _EDGES[:2]
_UPPER = np.array([upper[1:-1] for upper, _ in _LIDS])
_LOWER = np.array([lower[1:-1] for _, lower in _LIDS])
_FIRST_LASH = topology.COUNT
_FIRST_COLLAR = _FIRST_LASH + _UPPER.size

_LASHES = 0.28 * np.array([0.7, 0.9, 1.0, 1.0, 1.0, 0.9, 0.7])
"""Width of the strip of lashes along a lid [mean openings of the neutral eye]."""

_SHUT = 0.4
"""Share of that width when the eye is shut."""

COLLAR = 0.03
"""Distance of the collar from the oval [sizes of the oval]."""


class Mesh:
    """The mesh of one face.

    Args:
        landmarks: (478, 2) of the neutral face [pixel].
        up: (2,) the head's up, one interocular distance long [pixel].

    Attributes:
        triangles: (m, 3) indices of vertices.
        behind: Number of triangles, the last ones, that fill eyes and mouth and are behind lids
            and lips.
    """

    def __init__(self, landmarks: Array, up: Array) -> None:
        fillings = np.concatenate([_strip(upper, lower) for upper, lower in _EDGES])
        self.triangles = np.concatenate([_triangles(), fillings])
        self.behind = len(fillings)
        self._opening = np.maximum(_openings(landmarks, up), 1e-6)

    def vertices(self, landmarks: Array, up: Array) -> Array:
        """Return the vertices (n, 2) [pixel] of landmarks (478, 2) [pixel].

        Args:
            landmarks: Landmarks of the face, lids not crossing.
            up: (2,) the head's up, one interocular distance long [pixel].
        """
        share = np.clip(_openings(landmarks, up) / self._opening, 0.0, 1.0)
        width = self._opening * (_SHUT + (1.0 - _SHUT) * share)
        lashes = landmarks[_UPPER] + (width[:, None] * _LASHES)[:, :, None] * up
        oval = landmarks[topology.OVAL]
        collar = oval + COLLAR * (oval - oval.mean(axis=0))
        return np.concatenate([landmarks, lashes.reshape(-1, 2), collar])

    @staticmethod
    def depth(depth: Array) -> Array:
        """Return the vertices' depth (n,) from the landmarks' (478,)."""
        return np.concatenate([depth, depth[_UPPER].ravel(), depth[topology.OVAL]])


def untangled(landmarks: Array, down: Array) -> Array:
    """Return landmarks (478, 3) whose lids and lips do not cross, where down is (3,)."""
    found = landmarks.copy()
    for upper, lower in _EDGES:
        crossing = np.minimum((found[lower] - found[upper]) @ down, 0.0)[:, None] / 2.0
        found[upper] += crossing * down
        found[lower] -= crossing * down
    return found


def _openings(landmarks: Array, up: Array) -> Array:
    """Return the mean opening (2,) of both eyes [interocular distances]."""
    gaps = (landmarks[_UPPER] - landmarks[_LOWER]) @ up / max(float(up @ up), 1e-9)
    return np.asarray(gaps.mean(axis=1))


def _triangles() -> Indices:
    lash_of = np.arange(topology.COUNT)
    lash_of[_UPPER.ravel()] = _FIRST_LASH + np.arange(_UPPER.size)
    # The skin of the upper lids ends at the lashes, the lashes at the eye.
    strips = [lash_of[topology.TRIANGLES]]
    strips += [_strip(lash_of[upper], upper) for upper, _ in _LIDS]
    around = np.append(topology.OVAL, topology.OVAL[0])
    collar = _FIRST_COLLAR + np.arange(len(topology.OVAL))
    strips.append(_strip(around, np.append(collar, collar[0])))
    return np.concatenate(strips)


def _strip(one: Indices, other: Indices) -> Indices:
    """Return the triangles (m, 3) between two lines of vertices."""
    triangles = np.concatenate(
        [
            np.stack([one[:-1], other[:-1], one[1:]], 1),
            np.stack([one[1:], other[:-1], other[1:]], 1),
        ]
    )
    # Where lines begin and end together there is nothing between them.
    distinct = (triangles != np.roll(triangles, 1, axis=1)).all(axis=1)
    return np.asarray(triangles[distinct])
