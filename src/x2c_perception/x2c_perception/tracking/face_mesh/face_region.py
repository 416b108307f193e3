# SPDX-License-Identifier: Apache-2.0
"""The turned square of an image in which a face is looked at."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

_EYE_CORNERS = 33, 263
"""Outer corners of the person's right and left eye; they are level in an upright face."""

_ENLARGED = 1.5
"""Side of the square, relative to the longer side of the face's box."""


@dataclass(frozen=True)
class FaceRegion:
    """A square around a face, upright for the face.

    Attributes:
        x: Centre, from the left edge of the image [pixel].
        y: Centre, from the upper edge of the image [pixel].
        side: Side [pixel].
        angle: Turn clockwise, as seen in the image [rad].
    """

    x: float
    y: float
    side: float
    angle: float

    @classmethod
    def around(
        cls,
        lowest: NDArray[np.float32],
        highest: NDArray[np.float32],
        level: NDArray[np.float32],
    ) -> FaceRegion:
        """Return the region around a box.

        Args:
            lowest: (2,) smallest x and y of the face [pixel].
            highest: (2,) largest x and y of the face [pixel].
            level: (2, 2) two points on a line that is level in an upright face [pixel].
        """
        (left, top), (right, bottom) = lowest.tolist(), highest.tolist()
        (x0, y0), (x1, y1) = level.tolist()
        return cls(
            (left + right) / 2.0,
            (top + bottom) / 2.0,
            _ENLARGED * max(right - left, bottom - top),
            math.atan2(y1 - y0, x1 - x0),
        )

    @classmethod
    def of_landmarks(cls, landmarks: NDArray[np.float32]) -> FaceRegion:
        """Return the region around landmarks (478, 3) [pixel]."""
        points = landmarks[:, :2]
        return cls.around(points.min(axis=0), points.max(axis=0), points[[*_EYE_CORNERS]])

    def scaled(self, across: float, down: float) -> FaceRegion:
        """Return the region in an image whose width and height are so many times as large."""
        side = self.side * math.sqrt(across * down)
        return FaceRegion(self.x * across, self.y * down, side, self.angle)

    def overlap(self, other: FaceRegion) -> float:
        """Return the area shared with another region over that of both, 0 to 1; turns ignored."""
        half = (self.side + other.side) / 2.0
        smaller = min(self.side, other.side)
        width = min(half - abs(self.x - other.x), smaller)
        height = min(half - abs(self.y - other.y), smaller)
        if width <= 0.0 or height <= 0.0:
            return 0.0
        shared = width * height
        return shared / (self.side**2 + other.side**2 - shared)

    def crop(self, image: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
        """Return what an image (height, width, 3) shows in the region, as (size, size, 3).

        Beyond the image its outermost pixels go on.
        """
        along, across = self._steps(size)
        half = size / 2.0
        matrix = np.array(
            [
                [along, -across, self.x - (along * half - across * half)],
                [across, along, self.y - (across * half + along * half)],
            ]
        )
        cropped = cv2.warpAffine(
            image,
            matrix,
            (size, size),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        return np.asarray(cropped, dtype=np.uint8)

    def to_image(self, landmarks: NDArray[np.float32], size: int) -> NDArray[np.float32]:
        """Return landmarks (n, 3) of a crop of this size in pixels of the image.

        z keeps its direction and takes the scale of x.
        """
        along, across = self._steps(size)
        matrix = np.array(
            [[along, -across, 0.0], [across, along, 0.0], [0.0, 0.0, self.side / size]],
            dtype=np.float32,
        )
        middle = np.array([[size / 2.0], [size / 2.0], [0.0]], dtype=np.float32)
        # Coordinate by coordinate, which is several times as fast as point by point.
        placed = matrix @ (landmarks.T - middle)
        placed += np.array([[self.x], [self.y], [0.0]], dtype=np.float32)
        return placed.T

    def _steps(self, size: int) -> tuple[float, float]:
        """Return how far one pixel to the right in a crop goes right and down in the image."""
        step = self.side / size
        return math.cos(self.angle) * step, math.sin(self.angle) * step
