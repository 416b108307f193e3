# SPDX-License-Identifier: Apache-2.0
"""Images of the skin's folds, transparent where the skin beneath shows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from x2c_core.arrays import Array, ImageArray, Indices
from x2c_virtual_face.head.folds.fold_shapes import Fold, Groove, Patch

_PIXELS = 140.0
"""Resolution [pixels per interocular distance]."""
_DARK = np.array([122.0, 72.0, 58.0])
_SHADE = np.array([150.0, 100.0, 82.0])
_LIGHT = np.array([246.0, 212.0, 190.0])
_LEAST = 0.06
"""Opacity that hardly anybody sees; the smaller a fold, the faster it is drawn."""
_GROOVE_REACH = 4.0
_PATCH_REACH = 1.45
"""Distance at which a mark is no longer seen [its width; its radii]."""


@dataclass(frozen=True)
class FoldTexture:
    """The image of a fold and the part of the skin that it lies on.

    Attributes:
        image: (height, width, 4) RGBA, first row lowest.
        faces: (m,) numbers of the triangles that have a part of the fold.
        lower: (2,) least position of the image [interocular distances].
        size: (2,) extent of the image [interocular distances].
    """

    image: ImageArray
    faces: Indices
    lower: Array
    size: Array

    def coordinates(self, flat: Array) -> Array:
        """Return texture coordinates (n, 2) in [0, 1] of positions (n, 2) on those triangles."""
        return np.asarray((flat - self.lower) / self.size)


def paint(fold: Fold, triangles: Array) -> FoldTexture:
    """Return the image of a fold.

    Args:
        fold: Fold to paint.
        triangles: (m, 3, 2) corners of the skin's triangles in the texture's plane.
    """
    extents = np.array([_extent(mark) for mark in fold.marks])
    painted = _Canvas(extents[:, 0].min(axis=0), extents[:, 1].max(axis=0))
    for mark in fold.marks:
        painted.lay(mark)
    faces = np.flatnonzero(painted.covers(triangles))
    # A texture begins again beyond its edge, so the image is as large as what it lies on.
    corners = triangles[faces].reshape(-1, 2)
    canvas = painted.cut(corners.min(axis=0), corners.max(axis=0))
    return FoldTexture(canvas.image(), faces, canvas.lower, canvas.size)


def _extent(mark: Groove | Patch) -> tuple[Array, Array]:
    """Return the least and the greatest position (2,) at which a mark is seen."""
    if isinstance(mark, Patch):
        middle, reach = np.array(mark.middle), _PATCH_REACH * np.array(mark.radii)
        return middle - reach, middle + reach
    line, reach = _smooth(mark.points), np.full(2, _GROOVE_REACH * mark.width)
    return line.min(axis=0) - reach, line.max(axis=0) + reach


class _Canvas:
    """Colours laid one over the other on nothing."""

    def __init__(self, lower: Array, upper: Array) -> None:
        columns, rows = (int(n) for n in np.ceil((upper - lower) * _PIXELS))
        self.lower = lower
        self.size = np.array([columns, rows]) / _PIXELS
        self._opacity = np.zeros((rows, columns))
        self._colour = np.zeros((rows, columns, 3))

    def lay(self, mark: Groove | Patch) -> None:
        """Paint a mark, within its extent."""
        lower, upper = _extent(mark)
        most = self._opacity.shape[::-1]
        left, bottom = np.clip(((lower - self.lower) * _PIXELS).astype(int), 0, most)
        right, top = np.clip(((upper - self.lower) * _PIXELS).astype(int) + 1, 0, most)
        place = np.s_[bottom:top, left:right]
        across = self.lower[0] + (np.arange(left, right) + 0.5) / _PIXELS
        up = self.lower[1] + (np.arange(bottom, top) + 0.5)[:, None] / _PIXELS
        layers = _patch(mark, across, up) if isinstance(mark, Patch) else _groove(mark, across, up)
        colours, opacities = self._colour[place], self._opacity[place]
        for opacity, colour in layers:
            kept = 1.0 - opacity
            colours *= kept[..., None]
            colours += opacity[..., None] * colour
            opacities *= kept
            opacities += opacity

    def covers(self, triangles: Array) -> NDArray[np.bool_]:
        """Return which of triangles (m, 3, 2) have something visible in their bounding box."""
        most = self._opacity.shape[::-1]
        first, second, third = triangles.swapaxes(0, 1)
        lower = np.minimum(np.minimum(first, second), third)
        upper = np.maximum(np.maximum(first, second), third)
        low = np.floor((lower - self.lower) * _PIXELS).astype(int) - 1
        high = np.ceil((upper - self.lower) * _PIXELS).astype(int) + 1
        (left, bottom), (right, top) = np.clip(low, 0, most).T, np.clip(high, 0, most).T
        sums = np.pad((self._opacity > _LEAST).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
        return np.asarray(
            sums[top, right] - sums[bottom, right] - sums[top, left] + sums[bottom, left] > 0
        )

    def cut(self, lower: Array, upper: Array) -> _Canvas:
        """Return the part of the canvas between two positions, to the next pixel."""
        first = np.floor((lower - self.lower) * _PIXELS)
        part = _Canvas(self.lower + first / _PIXELS, upper)
        rows, columns = (
            np.arange(count) + int(begin)
            for count, begin in zip(part._opacity.shape, first[::-1], strict=True)
        )
        here = [
            np.flatnonzero((index >= 0) & (index < count))
            for index, count in zip((rows, columns), self._opacity.shape, strict=True)
        ]
        there = np.ix_(rows[here[0]], columns[here[1]])
        part._opacity[np.ix_(*here)] = self._opacity[there]
        part._colour[np.ix_(*here)] = self._colour[there]
        return part

    def image(self) -> ImageArray:
        """Return what was painted, (rows, columns, 4); its outermost pixels are transparent."""
        # What is hardly visible becomes nothing, without a step at its edge.
        opacity = np.maximum(self._opacity - _LEAST, 0.0) / (1.0 - _LEAST)
        opacity[[0, -1]] = opacity[:, [0, -1]] = 0.0
        shown = self._opacity[..., None]
        colour = np.where(shown > 1e-6, self._colour / np.maximum(shown, 1e-6), _SHADE)
        rgba = np.dstack([colour, 255.0 * opacity])
        return np.asarray(np.clip(np.round(rgba), 0, 255), np.uint8)


_Layers = list[tuple[Array, Array]]
"""Opacities (rows, columns) with their colours, RGB, the lowest first."""


def _patch(patch: Patch, across: Array, up: Array) -> _Layers:
    (right, high), (width, height) = patch.middle, patch.radii
    distance = ((across - right) / width) ** 2 + ((up - high) / height) ** 2
    return [(patch.strength * np.exp(-2.0 * distance), _LIGHT if patch.light else _SHADE)]


def _groove(groove: Groove, across: Array, up: Array) -> _Layers:
    distance, beside, along = _from_line(_smooth(groove.points), across, up)
    # It gets shallow and thin towards its ends.
    taper = np.sin(np.pi * along) ** 0.8
    width = groove.width * (0.4 + 0.6 * taper)
    core = np.exp(-((distance / (0.55 * width)) ** 2))
    shade = np.exp(-((distance / (1.9 * width)) ** 2))
    edge = np.abs(beside) if groove.side == 0.0 else groove.side * beside
    ridge = np.exp(-(((edge - 1.7 * width) / width) ** 2))
    return [
        (0.60 * groove.depth * taper * shade, _SHADE),
        (groove.ridge * taper * ridge, _LIGHT),
        (0.85 * groove.depth * taper * core, _DARK),
    ]


def _from_line(line: Array, across: Array, up: Array) -> tuple[Array, Array, Array]:
    """Return distance, signed distance (left is positive) and share of the way along a line."""
    start, step = line[:-1], np.diff(line, axis=0)
    square = (step**2).sum(axis=1)
    length = np.sqrt(square)
    reached = np.concatenate([[0.0], np.cumsum(length)])
    # Which piece of the line is nearest; all else is worked out for this one alone.
    x, y = across - start[:, 0, None], up - start[:, 1]
    x_share, y_share = x * (step[:, 0] / square)[:, None], y * (step[:, 1] / square)
    nearest = np.zeros((y.shape[0], x.shape[1]), np.intp)
    least = np.full(nearest.shape, np.inf)
    for k, way in enumerate(step):
        share = (x_share[k] + y_share[:, k, None]).clip(0.0, 1.0)
        here = (x[k] - share * way[0]) ** 2 + (y[:, k, None] - share * way[1]) ** 2
        nearer = here < least
        np.copyto(least, here, where=nearer)
        np.copyto(nearest, k, where=nearer)
    columns, rows = np.arange(x.shape[1]), np.arange(y.shape[0])[:, None]
    share = (x_share[nearest, columns] + y_share[rows, nearest]).clip(0.0, 1.0)
    left = step[nearest, 0] * y[rows, nearest] - step[nearest, 1] * x[nearest, columns]
    distance = np.sqrt(least)
    along = (reached[nearest] + share * length[nearest]) / reached[-1]
    return distance, np.sign(left) * distance, along


@lru_cache(maxsize=64)
def _smooth(points: tuple[tuple[float, float], ...]) -> Array:
    """Return a Catmull-Rom spline (n, 2) through points."""
    p = np.array(points)
    p = np.concatenate([[2 * p[0] - p[1]], p, [2 * p[-1] - p[-2]]])
    t = np.linspace(0.0, 1.0, 6)[:, None]
    pieces = [
        0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2
               + (3 * b - a - 3 * c + d) * t**3)
        for a, b, c, d in zip(p, p[1:], p[2:], p[3:], strict=False)
    ]  # fmt: skip
    line = np.concatenate(pieces)
    distinct: NDArray[np.bool_] = np.linalg.norm(np.diff(line, axis=0), axis=1) > 1e-9
    return np.asarray(line[np.concatenate([[True], distinct])])
