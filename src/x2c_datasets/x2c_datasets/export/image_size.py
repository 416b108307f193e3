# SPDX-License-Identifier: Apache-2.0
"""Makes pictures of one size of those that a bag has."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def fits(picture: NDArray[np.uint8], width: int, height: int) -> bool:
    """Return whether a picture is of a size, or has a row or column more, as none in a video."""
    return all(0 <= one <= 1 for one in (picture.shape[0] - height, picture.shape[1] - width))


def fitting(picture: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """Return a picture (height, width, 3) of a size."""
    if fits(picture, width, height):
        return np.ascontiguousarray(picture[:height, :width])
    resized = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(resized, dtype=np.uint8)
