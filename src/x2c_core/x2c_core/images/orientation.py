# SPDX-License-Identifier: Apache-2.0
"""Quarter turns and mirroring of images, also as files state them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from x2c_core.arrays import ImageArray
from x2c_core.errors import CoreError

_QUARTERS = ((1, 0, 0, 1), (0, 1, -1, 0), (-1, 0, 0, -1), (0, -1, 1, 0))
"""Directions to which right and down go, for each number of clockwise quarter turns."""


class OrientationError(CoreError):
    """An image cannot be turned as it is asked for."""


def check_quarter_turn(name: str, degrees: int) -> None:
    """Refuse a turn [deg] that is none by quarters.

    Raises:
        OrientationError: It is not 0, 90, 180 or 270; the text begins with the name.
    """
    if degrees not in (0, 90, 180, 270):
        raise OrientationError(f"{name}: expected 0, 90, 180 or 270 degrees, got {degrees}")


def turned(image: ImageArray, degrees: int) -> ImageArray:
    """Return an image turned clockwise; itself for a turn of 0.

    Args:
        image: (height, width, 3).
        degrees: A multiple of 90 [deg].
    """
    quarters = degrees // 90 % 4
    if not quarters:
        return image
    # Local: OpenCV takes 30 MB, and most images stay as they are.
    import cv2

    turns = (cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_180, cv2.ROTATE_90_COUNTERCLOCKWISE)
    return np.asarray(cv2.rotate(image, turns[quarters - 1]), dtype=np.uint8)


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
            image = np.ascontiguousarray(image[:, ::-1])
        return turned(image, 90 * self.quarters)


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
