# SPDX-License-Identifier: Apache-2.0
"""The 70 facial landmarks of REP-155 and the region of a face, out of the 478 that are tracked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from x2c_core.arrays import Array, Indices
from x2c_core.face.frames import Face

ORDER: Indices = np.array(
    [
        # Oval, from the person's right ear over the chin to the left one.
        *(127, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 356),
        # Brows, right then left, both from the person's right to the left.
        *(70, 63, 105, 66, 107, 336, 296, 334, 293, 300),
        # Nose: down the bridge, then under it from right to left.
        *(168, 197, 5, 4, 98, 97, 2, 326, 327),
        # Right eye from the outer corner, left eye from the inner one; upper lid first.
        *(33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380),
        # Outer edge of the lips from the right corner, upper lip first; then the inner one.
        *(61, 40, 37, 0, 267, 270, 291, 321, 314, 17, 84, 91),
        *(78, 81, 13, 311, 308, 402, 14, 178),
        # Right and left pupil.
        *(468, 473),
    ],
    dtype=np.intp,
)
"""(70,) index among the 478 landmarks of each landmark of hri_msgs/FacialLandmarks."""
ORDER.setflags(write=False)


def facial_landmarks(face: Face) -> Array:
    """Return the landmarks (70, 3) of REP-155: x and y in 0 to 1 of the image, and confidence.

    A landmark outside the image is not seen: it is put at the edge with confidence 0.

    Args:
        face: Tracked face.
    """
    shares = face.landmarks[ORDER, :2] / _size(face)
    inside = ((shares >= 0.0) & (shares <= 1.0)).all(axis=1)
    confidence = np.where(inside, face.confidence, 0.0)
    return np.column_stack([np.clip(shares, 0.0, 1.0), confidence])


@dataclass(frozen=True)
class FaceBounds:
    """Bounds of a face in its image, as shares of the image's size from its upper left corner.

    Attributes:
        left: 0 to 1.
        top: 0 to 1.
        right: 0 to 1.
        bottom: 0 to 1.
        confidence: 0 to 1.
    """

    left: float
    top: float
    right: float
    bottom: float
    confidence: float


def face_region(face: Face) -> FaceBounds:
    """Return the bounds of a tracked face's landmarks within the image.

    Args:
        face: Tracked face.
    """
    shares = np.clip(face.landmarks[:, :2] / _size(face), 0.0, 1.0)
    (left, top), (right, bottom) = shares.min(axis=0).tolist(), shares.max(axis=0).tolist()
    return FaceBounds(left, top, right, bottom, face.confidence)


def _size(face: Face) -> Array:
    return np.array([max(face.width, 1), max(face.height, 1)], dtype=np.float64)
