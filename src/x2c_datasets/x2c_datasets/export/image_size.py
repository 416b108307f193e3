# SPDX-License-Identifier: Apache-2.0
"""Make images of one size of those that a bag has."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def fits(image: NDArray[np.uint8], width: int, height: int) -> bool:
    """Return whether an image is of a size, or has a row or column more, as none in a video."""
    return all(0 <= one <= 1 for one in (image.shape[0] - height, image.shape[1] - width))


def fitting(image: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """Return an image (height, width, 3) of a size."""
    if fits(image, width, height):
        return np.ascontiguousarray(image[:height, :width])
    resized = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(resized, dtype=np.uint8)
