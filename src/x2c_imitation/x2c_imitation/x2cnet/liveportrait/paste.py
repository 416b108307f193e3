# SPDX-License-Identifier: Apache-2.0
"""Put an animated face back into the image from which it was cut."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from x2c_core.arrays import Array, ImageArray
from x2c_core.easing import smoothstep

_BORDER = 0.12
"""Width of the border in which the animated face fades into the image [sides of the square]."""


class PasteBack:
    """Insert the animated square around a face into the image, scaled to a square of its own.

    Args:
        image: (h, w, 3) RGB, image from which the square was cut.
        matrix: (2, 3) affine map from the image to the square [pixel].
        square: Width and height of the square for that map [pixel].
        size: Width and height of the images made [pixel].
    """

    def __init__(self, image: ImageArray, matrix: Array, square: int, size: int) -> None:
        height, width = image.shape[:2]
        reduced = max(width, height) > size
        flags = cv2.INTER_AREA if reduced else cv2.INTER_CUBIC
        self._image = np.asarray(cv2.resize(image, (size, size), interpolation=flags))
        # Whole coordinates are in a pixel's middle for the map, at its corner for sizes.
        to_image = cv2.invertAffineTransform(matrix)
        ratio = np.array([size / width, size / height])
        pixel = np.diag(to_image[:, :2])
        self._scale = pixel * ratio * square
        self._origin = (to_image[:, 2] + 0.5 - 0.5 * pixel) * ratio
        self._side = tuple(max(round(float(one)), 1) for one in self._scale)
        share = self._placed(_fading(*self._side), cv2.BORDER_CONSTANT)
        self._share = share[:, :, None].astype(np.float32)

    def paste(self, square: ImageArray) -> ImageArray:
        """Return the whole image (size, size, 3) with an animated square (n, n, 3) in it."""
        larger = max(self._side) > square.shape[0]
        flags = cv2.INTER_CUBIC if larger else cv2.INTER_AREA
        fitted = cv2.resize(square, self._side, interpolation=flags)
        placed = self._placed(fitted, cv2.BORDER_REPLICATE).astype(np.float32)
        mixed = self._image + self._share * (placed - self._image)
        return np.asarray(mixed.round(), dtype=np.uint8)

    def _placed(self, fitted: NDArray[Any], border: int) -> NDArray[Any]:
        """Return a square that has been scaled to its side, at its place in the image."""
        size = self._image.shape[0]
        scale = self._scale / self._side
        matrix = np.column_stack([np.diag(scale), self._origin + 0.5 * scale - 0.5])
        placed = cv2.warpAffine(
            fitted, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=border
        )
        return np.asarray(placed)


def _fading(width: int, height: int) -> Array:
    """Return the share of the animated square (height, width): 0 at the border, 1 within."""
    across, down = (
        smoothstep(np.minimum(line, 1.0 - line) / _BORDER)
        for line in ((np.arange(count) + 0.5) / count for count in (width, height))
    )
    return np.asarray(np.outer(down, across), dtype=np.float64)
