# SPDX-License-Identifier: Apache-2.0
"""The canvas of the performer: the enlarged part of the photograph that the video shows."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import linalg

from x2c_core.easing import smoothstep
from x2c_perception.performer.script import VIDEO_SIZE

Floats = NDArray[np.float64]
Image = NDArray[Any]
"""An image or mask on the canvas or the photograph; OpenCV's types say no more."""

WIDTH, HEIGHT = VIDEO_SIZE
SUPERSAMPLING = 2
ORIGIN = (79.0, -6.0)
"""Position of the video's upper left corner in the photograph [px]."""
SCALE = HEIGHT / 218.0
"""Size of a photograph's pixel in the video [px]."""


def to_canvas(points: Floats) -> Floats:
    """Return canvas positions (..., 2) [px] of photograph positions (..., 2) [px]."""
    factor = SCALE * SUPERSAMPLING
    return np.asarray((points - np.array(ORIGIN) + 0.5) * factor - 0.5)


def canvas_size() -> tuple[int, int]:
    """Return height and width of the canvas [px]."""
    return HEIGHT * SUPERSAMPLING, WIDTH * SUPERSAMPLING


def polygon_mask(points: Floats, size: tuple[int, ...]) -> Image:
    """Return a mask (h, w) that is 255 inside a polygon (n, 2) [px]."""
    mask: Image = np.zeros(size, dtype=np.uint8)
    fixed: list[Image] = [np.round(points * 16.0).astype(np.int32)]
    cv2.fillPoly(mask, fixed, (255.0,), cv2.LINE_AA, 4)
    return mask


def ramp(low: float, high: float, value: Image) -> Image:
    """Return the smooth way (...) from 0 where a value (...) is low to 1 where it is high."""
    return smoothstep((value - low) / (high - low))


def filled(image: Image, known: NDArray[np.bool_]) -> Image:
    """Return an image (h, w, 3) whose unknown pixels continue the known ones (Laplace)."""
    height, width = known.shape
    number = np.full(known.shape, -1, dtype=np.intp)
    number[~known] = np.arange(np.count_nonzero(~known))
    y, x = np.nonzero(~known)
    count = len(y)
    matrix = sparse.identity(count, format="csr") * 0.0
    right = np.zeros((count, 3))
    degree = np.zeros(count)
    soft = cv2.GaussianBlur(image, (0, 0), 1.0)
    for step_y, step_x in ((0, 1), (0, -1), (1, 0), (-1, 0)):
        other_y, other_x = y + step_y, x + step_x
        exists = (other_y >= 0) & (other_y < height) & (other_x >= 0) & (other_x < width)
        degree += exists
        row = np.flatnonzero(exists)
        other_y, other_x = other_y[row], other_x[row]
        column = number[other_y, other_x]
        inner = column >= 0
        ones = np.ones(np.count_nonzero(inner))
        matrix -= sparse.csr_matrix((ones, (row[inner], column[inner])), shape=(count, count))
        right[row[~inner]] += soft[other_y[~inner], other_x[~inner]]
    matrix += sparse.diags(degree)
    result = image.copy()
    result[y, x] = linalg.spsolve(matrix.tocsc(), right)
    return result


def enlarged(image: Image) -> Image:
    """Return the video's part of a photograph-sized image (h, w, ...) on the canvas."""
    height, width = canvas_size()
    factor = SCALE * SUPERSAMPLING
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    map_x = ((x + 0.5) / factor - 0.5 + ORIGIN[0]).astype(np.float32)
    map_y = ((y + 0.5) / factor - 0.5 + ORIGIN[1]).astype(np.float32)
    return np.asarray(
        cv2.remap(image, map_x, map_y, cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REFLECT)
    )


def sharpened(image: Image) -> Image:
    """Return the enlarged image with the softness of enlarging partly undone."""
    radius = 0.6 * SCALE * SUPERSAMPLING
    sharp = image + 0.55 * (image - cv2.GaussianBlur(image, (0, 0), radius))
    return np.asarray(np.clip(sharp, 0.0, 255.0), np.float32)
