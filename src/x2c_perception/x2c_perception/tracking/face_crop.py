# SPDX-License-Identifier: Apache-2.0
"""Cut a square around a face out of an image."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from x2c_core.face.face_square import square_matrix
from x2c_core.face.frames import Face

CROP_SIZE = 256
"""Width and height of a crop [pixel]."""


def face_crop(image: NDArray[np.uint8], face: Face) -> NDArray[np.uint8]:
    """Return the square (256, 256, 3) around a tracked face; black outside the image.

    Args:
        image: (height, width, 3), the one in which the face was tracked.
        face: Tracked.
    """
    matrix = square_matrix(face.landmarks, CROP_SIZE)
    # Large faces are reduced: without averaging over pixels, fine texture would flicker.
    flags = cv2.INTER_AREA if matrix[0, 0] < 0.5 else cv2.INTER_LINEAR
    crop = cv2.warpAffine(image, matrix, (CROP_SIZE, CROP_SIZE), flags=flags)
    return np.asarray(crop, dtype=np.uint8)
