# SPDX-License-Identifier: Apache-2.0
"""Orientation of stored images: quarter turns and mirroring, as files state them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from x2c_core.arrays import ImageArray

_QUARTERS = ((1, 0, 0, 1), (0, 1, -1, 0), (-1, 0, 0, -1), (0, -1, 1, 0))
"""Directions to which right and down go, for each number of clockwise quarter turns."""


@dataclass(frozen=True)
class Orientation:
    """Mirroring and turns that make a stored image upright.

    Attributes:
        quarters: Number of clockwise quarter turns, 0 to 3.
        mirrored: Whether left and right are exchanged, before the turns.
    """

    quarters: int = 0
    mirrored: bool = False

    def upright(self, image: ImageArray) -> ImageArray:
        """Return an image (height, width, 3) turned and mirrored; itself if it is upright."""
        if self.mirrored:
            image = image[:, ::-1]
        return np.ascontiguousarray(np.rot90(image, -self.quarters))


UPRIGHT = Orientation()

_EXIF = {
    2: Orientation(0, mirrored=True),
    3: Orientation(2),
    4: Orientation(2, mirrored=True),
    5: Orientation(3, mirrored=True),
    6: Orientation(1),
    7: Orientation(1, mirrored=True),
    8: Orientation(3),
}


def of_exif(value: int) -> Orientation:
    """Return the orientation of EXIF's tag 0x0112; upright for values that do not exist."""
    return _EXIF.get(value, UPRIGHT)


def of_matrix(matrix: Sequence[int]) -> Orientation:
    """Return the orientation nearest to a display matrix, as in MP4 files.

    Args:
        matrix: Nine numbers, row by row; right goes to the first two, down to the next row's.
    """
    given = (matrix[0], matrix[1], matrix[3], matrix[4])
    choices = {
        Orientation(quarters, mirrored): (-one[0], -one[1], *one[2:]) if mirrored else one
        for mirrored in (False, True)
        for quarters, one in enumerate(_QUARTERS)
    }
    return max(
        choices, key=lambda one: sum(a * b for a, b in zip(choices[one], given, strict=True))
    )
