# SPDX-License-Identifier: Apache-2.0
"""A part of an image, and what can be done in it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from x2c_core.arrays import Array, ImageArray

Layer = NDArray[np.float32]

_FINE = 4
"""Outlines are drawn so many times larger, then averaged."""
_SHIFT = 4

_FARTHEST = 1e5
"""Points beyond are drawn there [pixel]."""


@dataclass(frozen=True)
class Window:
    """A part of an image.

    Attributes:
        left: First column [pixel].
        top: First row [pixel].
        width: Columns.
        height: Rows.
    """

    left: int
    top: int
    width: int
    height: int

    @classmethod
    def around(cls, points: Array, shape: tuple[int, ...], margin: float = 1.0) -> Window | None:
        """Return the window around points (n, 2) [pixel] in an image; None where it is empty."""
        height, width = shape[:2]
        edge = np.array([width, height])
        low = np.clip(np.floor(points.min(axis=0) - margin), 0, edge).astype(int)
        high = np.clip(np.ceil(points.max(axis=0) + margin) + 1, 0, edge).astype(int)
        if (high <= low).any():
            return None
        return cls(int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1]))

    @property
    def rows_columns(self) -> tuple[slice, slice]:
        """Index of the window in an image."""
        return (
            slice(self.top, self.top + self.height),
            slice(self.left, self.left + self.width),
        )

    @classmethod
    def whole(cls, shape: tuple[int, ...]) -> Window:
        """Return the window that is a whole image."""
        return cls(0, 0, shape[1], shape[0])

    def cover(self, outline: Array) -> Layer:
        """Return how much of each pixel (height, width) is inside an outline (n, 2), 0 to 1."""
        fine = np.zeros((self.height * _FINE, self.width * _FINE), dtype=np.uint8)
        # Pixel centres are whole numbers in the image and in the fine one.
        local = (outline - (self.left, self.top) + 0.5) * _FINE - 0.5
        local = np.clip(local, -_FARTHEST, _FARTHEST)
        cv2.fillPoly(
            fine, [np.rint(local * (1 << _SHIFT)).astype(np.int32)], (255.0,), cv2.LINE_8, _SHIFT
        )
        coarse = cv2.resize(fine, (self.width, self.height), interpolation=cv2.INTER_AREA)
        return np.asarray(coarse, dtype=np.float32) / np.float32(255.0)

    def warp(self, layer: Layer, matrix: Array, border: int) -> Layer:
        """Return a layer (h, w, c) as it appears in the window.

        Args:
            layer: Any image.
            matrix: (2, 3) from the whole image's pixels to the layer's.
            border: Border mode beyond the layer, of OpenCV.
        """
        local = matrix.copy()
        local[:, 2] += matrix[:, :2] @ (self.left, self.top)
        warped = cv2.warpAffine(
            layer,
            local,
            (self.width, self.height),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=border,
        )
        return np.asarray(warped, dtype=np.float32)

    def blend(self, image: ImageArray, layer: Layer | ImageArray, cover: Layer) -> None:
        """Lay a layer (height, width, 3) over an image where it covers, in place."""
        part = image[self.rows_columns]
        below = part.astype(np.float32)
        mixed = below + cover[:, :, None] * (layer - below)
        part[:] = np.clip(mixed + np.float32(0.5), 0.0, 255.0)


def fill_unknown(layer: Layer, known: Layer) -> Layer:
    """Return a layer (h, w, 3) whose unknown pixels go on smoothly from the known ones.

    Args:
        layer: Any image.
        known: (h, w) how far each pixel is known, 0 to 1.
    """
    found = layer * known[:, :, None]
    weight = known.copy()
    filled, trust = found.copy(), weight.copy()
    sigma = 1.0
    while sigma < max(layer.shape[:2]):
        smooth = cv2.GaussianBlur(found, (0, 0), sigma)
        share = cv2.GaussianBlur(weight, (0, 0), sigma)
        more = np.clip(1.0 - trust, 0.0, 1.0) * np.clip(4.0 * share, 0.0, 1.0)
        mean = smooth / np.maximum(share, 1e-6)[:, :, None]
        filled += more[:, :, None] * mean
        trust += more
        sigma *= 2.0
    return np.asarray(filled / np.maximum(trust, 1e-6)[:, :, None], dtype=np.float32)
