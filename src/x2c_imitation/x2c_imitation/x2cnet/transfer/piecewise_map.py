# SPDX-License-Identifier: Apache-2.0
"""Source of each pixel of a warped image: one affine map for each triangle of a mesh."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from x2c_core.arrays import Array, Indices
from x2c_imitation.x2cnet.transfer.window import Window

Map = NDArray[np.float32]

_SHIFT = 4
"""Bits of a pixel by which vertices are placed."""

_ROOM = 0.75
"""Largest distance of a pixel's source from its triangle [pixel]: rims are drawn wide."""

_SLIVER = 0.5
"""Triangles with less than half this area are drawn wider than they are [pixel²]."""

_BEHIND = 1e12
"""A depth beyond all others."""

_FARTHEST = 8192.0
"""Vertices beyond are drawn there [pixel]."""


class PiecewiseMap:
    """Map an image with moved vertices of a mesh back to the neutral image.

    Args:
        vertices: (n, 2) in the neutral image [pixel].
        triangles: (m, 3) indices of vertices.
        behind: Number of triangles, the last ones, that are behind all others.
        room: Largest distance of a pixel's source from its triangle [pixel].
    """

    def __init__(
        self, vertices: Array, triangles: Indices, behind: int = 0, room: float = _ROOM
    ) -> None:
        self._triangles = triangles
        self._before = len(triangles) - behind
        corners = vertices[triangles]
        self._origin = corners[:, 0]
        self._edges = corners[:, 1:] - corners[:, :1]
        self._facing = np.sign(_area(self._edges))
        # One more stands for what no triangle covers: it stays as it is.
        self._lowest = _with_last(corners.min(axis=1) - room, -np.inf)
        self._highest = _with_last(corners.max(axis=1) + room, np.inf)

    def source(
        self, vertices: Array, depth: Array | None, window: Window
    ) -> tuple[Map, NDArray[np.bool_]]:
        """Return where each pixel comes from (h, w, 2), x and y [pixel], and what is covered.

        Of triangles that overlap, the nearest is seen; those that face away, or are but slivers,
        only where no other is.

        Args:
            vertices: (n, 2) where the vertices are now [pixel].
            depth: (n,) how far away they are, in any unit; None where they do not overlap.
            window: Part of the image that is asked for.
        """
        corners = vertices[self._triangles]
        edges = corners[:, 1:] - corners[:, :1]
        area = _area(edges)
        far = np.zeros(len(area)) if depth is None else depth[self._triangles].sum(axis=1)
        far[area * self._facing < _SLIVER] = _BEHIND
        far[self._before :] = 2.0 * _BEHIND
        seen = np.argsort(-far, kind="stable")
        none = len(self._triangles)
        owner = np.full((window.height, window.width), none, dtype=np.int16)
        local = np.clip(corners - (window.left, window.top), -_FARTHEST, _FARTHEST)
        places = np.rint(local * (1 << _SHIFT)).astype(np.int32)
        for number, place in zip(seen.tolist(), places[seen], strict=True):
            cv2.fillConvexPoly(owner, place, number, cv2.LINE_8, _SHIFT)
        affine = self._affine(corners[:, 0], edges, area)
        return self._look_up(owner, affine, window), owner != none

    def _affine(self, origin: Array, edges: Array, area: Array) -> Map:
        """Return of each triangle the map (6, m + 1) to the neutral image."""
        (ax, ay), (bx, by) = edges[:, 0].T, edges[:, 1].T
        flat = np.abs(area) <= 1e-9
        scale = 1.0 / np.where(flat, np.inf, area)
        first, second = self._edges[:, 0].T * scale, self._edges[:, 1].T * scale
        across = first * by - second * ay
        down = second * ax - first * bx
        constant = self._origin.T - across * origin[:, 0] - down * origin[:, 1]
        rows = np.empty((6, len(area) + 1), dtype=np.float32)
        rows[0:2, :-1], rows[2:4, :-1], rows[4:6, :-1] = across, down, constant
        rows[:, -1] = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
        return rows

    def _look_up(self, owner: NDArray[np.int16], affine: Map, window: Window) -> Map:
        numbers = owner.astype(np.intp)
        x = np.arange(window.left, window.left + window.width, dtype=np.float32)[None, :]
        y = np.arange(window.top, window.top + window.height, dtype=np.float32)[:, None]
        found = np.empty((*owner.shape, 2), dtype=np.float32)
        for axis in range(2):
            place = affine[axis].take(numbers)
            place *= x
            down = affine[2 + axis].take(numbers)
            down *= y
            place += down
            place += affine[4 + axis].take(numbers)
            np.maximum(place, self._lowest[axis].take(numbers), out=place)
            np.minimum(place, self._highest[axis].take(numbers), out=found[:, :, axis])
        return found


def _area(edges: Array) -> Array:
    """Return twice the signed area (m,) between two edges (m, 2, 2)."""
    return np.asarray(edges[:, 0, 0] * edges[:, 1, 1] - edges[:, 0, 1] * edges[:, 1, 0])


def _with_last(values: Array, last: float) -> Map:
    """Return values (m, 2) as contiguous rows (2, m + 1) that end with another one."""
    return np.ascontiguousarray(np.vstack([values, [last, last]]).T, dtype=np.float32)
