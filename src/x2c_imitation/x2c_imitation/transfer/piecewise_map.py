# SPDX-License-Identifier: Apache-2.0
"""Where each pixel of a warped picture comes from: one affine map for each triangle of a mesh."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Indices = NDArray[np.intp]

_SHIFT = 4
"""Bits of a pixel by which vertices are placed."""

_ROOM = 0.75
"""How far beyond its triangle a pixel's source may be [pixel]: rims of triangles are drawn fat."""

_FARTHEST = 8192.0
"""Vertices beyond are drawn there [pixel]."""


class PiecewiseMap:
    """Maps a picture in which the vertices of a mesh have moved back to the neutral picture.

    Args:
        vertices: (n, 2) in the neutral picture [pixel].
        triangles: (m, 3) indices of vertices.
        size: Width and height of the warped picture [pixel].
    """

    def __init__(self, vertices: Array, triangles: Indices, size: int) -> None:
        self._triangles = triangles
        self._size = size
        corners = vertices[triangles]
        self._origin = corners[:, 0]
        self._edges = corners[:, 1:] - corners[:, :1]
        self._facing = np.sign(_area(self._edges))
        # One more triangle stands for what no triangle covers: it stays as it is.
        everywhere = np.array([[0.0, 0.0], [size, size]])
        self._lowest = np.vstack([corners.min(axis=1) - _ROOM, everywhere[0]]).astype(np.float32)
        self._highest = np.vstack([corners.max(axis=1) + _ROOM, everywhere[1]]).astype(np.float32)
        self._x = np.arange(size, dtype=np.float32)[None, :]
        self._y = np.arange(size, dtype=np.float32)[:, None]

    def source(self, vertices: Array, depth: Array) -> NDArray[np.float32]:
        """Return where each pixel comes from (size, size, 2), x and y [pixel].

        Triangles that face away are not seen; of others that overlap, the nearest is.

        Args:
            vertices: (n, 2) where the vertices are now [pixel].
            depth: (n,) how far away they are, in any unit.
        """
        corners = vertices[self._triangles]
        edges = corners[:, 1:] - corners[:, :1]
        area = _area(edges)
        seen = np.flatnonzero(area * self._facing > 1e-9)
        seen = seen[np.argsort(-depth[self._triangles[seen]].sum(axis=1), kind="stable")]
        owner = np.full((self._size, self._size), len(self._triangles), dtype=np.int16)
        fixed = np.clip(corners, -_FARTHEST, _FARTHEST) * (1 << _SHIFT)
        places = np.rint(fixed).astype(np.int32)
        for number in seen.tolist():
            cv2.fillConvexPoly(owner, places[number], number, cv2.LINE_8, _SHIFT)
        return self._look_up(owner, self._affine(corners[:, 0], edges, area))

    def _affine(self, origin: Array, edges: Array, area: Array) -> NDArray[np.float32]:
        """Return of each triangle the map (m + 1, 6) to the neutral picture."""
        with np.errstate(divide="ignore", invalid="ignore"):
            inverse = np.stack(
                [
                    np.stack([edges[:, 1, 1], -edges[:, 0, 1]], axis=1),
                    np.stack([-edges[:, 1, 0], edges[:, 0, 0]], axis=1),
                ],
                axis=1,
            )
            # columns of `inverse` belong to x and y; rows of `edges` to the two edges
            linear = np.einsum("mjk,mij->mik", self._edges, inverse) / area[:, None, None]
        linear = np.nan_to_num(linear, nan=0.0, posinf=0.0, neginf=0.0)
        constant = self._origin - np.einsum("mik,mi->mk", linear, origin)
        rows = np.concatenate(
            [linear[:, :, 0], constant[:, :1], linear[:, :, 1], constant[:, 1:]], axis=1
        )
        return np.vstack([rows, [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]]).astype(np.float32)

    def _look_up(
        self, owner: NDArray[np.int16], affine: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        numbers = owner.astype(np.intp)
        found = np.empty((self._size, self._size, 2), dtype=np.float32)
        for axis in range(2):
            a, b, c = (affine[:, 3 * axis + k].take(numbers) for k in range(3))
            a *= self._x
            b *= self._y
            a += b
            a += c
            np.maximum(a, self._lowest[:, axis].take(numbers), out=a)
            np.minimum(a, self._highest[:, axis].take(numbers), out=found[:, :, axis])
        return found


def _area(edges: Array) -> Array:
    """Return twice the signed area (m,) between two edges (m, 2, 2)."""
    return np.asarray(edges[:, 0, 0] * edges[:, 1, 1] - edges[:, 0, 1] * edges[:, 1, 0])
