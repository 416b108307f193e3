# SPDX-License-Identifier: Apache-2.0
"""Read what motion transfer needs from a robot's folder: an image and the landmarks on it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from x2c_core.arrays import Array, ImageArray
from x2c_core.errors import LandmarkError
from x2c_core.face import topology
from x2c_core.face.head_pose import check_landmarks
from x2c_core.files.array_files import read_npy
from x2c_core.images.image_decoding import ImageDecodingError, read_image
from x2c_core.robot.robot import Robot
from x2c_imitation.errors import TransferError


def read_robot_image(path: Path) -> ImageArray:
    """Return the image (h, w, 3) RGB in a file.

    Raises:
        TransferError: The file is missing or no image.
    """
    try:
        bgr = read_image(path)
    except ImageDecodingError as error:
        raise TransferError(f"{error}; expected a PNG or JPEG with the neutral face") from error
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def read_neutral(robot: Robot) -> tuple[ImageArray, Array]:
    """Return a robot's neutral image (h, w, 3) RGB and the landmarks (478, 3) on it [pixel].

    Raises:
        TransferError: A file is missing or damaged, or the landmarks are not on the image.
    """
    image = read_robot_image(robot.neutral_image)
    path = robot.neutral_landmarks
    remedy = f"make it with: python -m x2c_evaluation.transfer.neutral_image {robot.folder}"
    try:
        landmarks = check_landmarks(read_npy(path, (topology.COUNT, 3)))
    except FileNotFoundError:
        raise TransferError(f"there is no {path}; {remedy}") from None
    except (OSError, ValueError, LandmarkError) as error:
        raise TransferError(f"cannot use {path}: {error}; {remedy}") from error
    height, width = image.shape[:2]
    middle = landmarks[:, :2].mean(axis=0)
    if (middle < 0.0).any() or (middle > (width, height)).any():
        raise TransferError(
            f"the landmarks in {path} are not on the image {robot.neutral_image} of "
            f"{width} x {height}; {remedy}"
        )
    return image, landmarks
