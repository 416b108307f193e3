# SPDX-License-Identifier: Apache-2.0
"""Square around a face that networks look at, with forehead and some of the surround."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from x2c_core.arrays import Array

_MARGIN = 1.7
"""Side of the square [sizes of the face]; the landmarks leave out the upper forehead and hair."""

_UPWARDS = 0.1
"""Height of the square's middle above the landmarks' middle [sizes of the face]."""

_SMALLEST = 2.0
"""Smallest side of the square [pixel]."""


def square_matrix(landmarks: ArrayLike, size: int) -> Array:
    """Return the affine map (2, 3) from an image to the square around a face in it [pixel].

    Args:
        landmarks: (n, 3) landmarks of the face [pixel].
        size: Width and height of the square's image [pixel].
    """
    points = np.asarray(landmarks, dtype=np.float64)[:, :2]
    low, high = points.min(axis=0), points.max(axis=0)
    extent = float((high - low).max())
    side = max(_MARGIN * extent, _SMALLEST)
    scale = size / side
    left, top = (low + high) / 2.0 - (side / 2.0, side / 2.0 + _UPWARDS * extent)
    return np.array([[scale, 0.0, -scale * left], [0.0, scale, -scale * top]])
