# SPDX-License-Identifier: Apache-2.0
"""Cut a square around a face out of an image."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from x2c_core.face.frames import Face
from x2c_perception.tracking.person_selector import Box

CROP_SIZE = 256
"""Width and height of a crop [pixel]."""

_MARGIN = 1.7
"""Side of the square [sizes of the face]; the landmarks leave out the upper forehead and hair."""

_UPWARDS = 0.1
"""Height of the square's middle above the landmarks' middle [sizes of the face]."""


def face_crop(image: NDArray[np.uint8], face: Face) -> NDArray[np.uint8]:
    """Return the square (256, 256, 3) around a tracked face; black outside the image.

    Args:
        image: (height, width, 3), the one in which the face was tracked.
        face: Tracked.
    """
    box = Box.around(face.landmarks)
    x, y = box.centre
    side = max(_MARGIN * box.size, 2.0)
    scale = CROP_SIZE / side
    top = y - _UPWARDS * box.size - side / 2.0
    matrix = np.array([[scale, 0.0, -scale * (x - side / 2.0)], [0.0, scale, -scale * top]])
    # Large faces are reduced: without averaging over pixels, fine texture would flicker.
    flags = cv2.INTER_AREA if scale < 0.5 else cv2.INTER_LINEAR
    crop = cv2.warpAffine(image, matrix, (CROP_SIZE, CROP_SIZE), flags=flags)
    return np.asarray(crop, dtype=np.uint8)
