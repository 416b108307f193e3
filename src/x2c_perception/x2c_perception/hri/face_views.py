# SPDX-License-Identifier: Apache-2.0
"""Images of a face as REP-155 wants them: cropped, and aligned with level eyes."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from x2c_core.arrays import Array
from x2c_core.face import topology


def cropped(crop: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Return a crop (size, size, 3) of another size.

    Args:
        crop: (n, n, 3) square around the face.
        size: Width and height [pixel].
    """
    method = cv2.INTER_AREA if size < crop.shape[0] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(crop, (size, size), interpolation=method), dtype=np.uint8)


def aligned(crop: NDArray[np.uint8], landmarks: Array, size: int) -> NDArray[np.uint8]:
    """Return a crop (size, size, 3) turned about its middle until the eyes are level.

    Args:
        crop: (n, n, 3) square around the face.
        landmarks: (478, 3) landmarks of the face, in any upright frame of the image [pixel].
        size: Width and height [pixel].
    """
    x, y = eye_line(landmarks)
    middle = crop.shape[0] / 2.0
    turn = cv2.getRotationMatrix2D((middle, middle), math.degrees(math.atan2(y, x)), 1.0)
    turned = cv2.warpAffine(crop, turn, (crop.shape[1], crop.shape[0]))
    return cropped(np.asarray(turned, dtype=np.uint8), size)


def eye_line(landmarks: Array) -> tuple[float, float]:
    """Return the way from the person's right eye to the left one, along x and y [pixel].

    Args:
        landmarks: (478, 3) landmarks [pixel].
    """
    corners = [(eye[0], eye[-1]) for eye in (topology.EYE_RIGHT_UPPER, topology.EYE_LEFT_UPPER)]
    right, left = (landmarks[list(pair), :2].mean(axis=0) for pair in corners)
    x, y = (left - right).tolist()
    return x, y
