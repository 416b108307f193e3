# SPDX-License-Identifier: Apache-2.0
"""Skin that appears at a turned face's rim, where a frontal image shows too little.

The oval's landmarks lie where the cheek ends, give or take a few pixels of ear or background. Seen
from the front these make a narrow strip; as the head turns, the strip grows wide. So, the further
it turns, the more the strip is replaced by the skin beside it.
"""

from __future__ import annotations

import cv2
import numpy as np

from x2c_core.arrays import Array, ImageArray
from x2c_core.face import topology
from x2c_core.face.head_pose import HeadPose

_INSIDE, _OUTSIDE = 0.9, 1.1
"""The strip, and the skin beside it [sizes of the oval]."""

_CHEEK = (-0.2, 0.0)
"""Slope (sine of the angle) at which a direction begins to be, and is, one of cheek or jaw; above
it there is hair.
"""

_SHADE = 0.25
"""Darkening of the rim at its end, which sets it off from the neck."""

_TURNED = 0.25
"""Sine of the angle at which all of the strip is replaced."""


class Rim:
    """The rim of one face.

    Args:
        image: (size, size, 3) the neutral image.
        landmarks: (478, 2) on it [pixel].
        pose: Pose of the neutral face.
    """

    def __init__(self, image: ImageArray, landmarks: Array, pose: HeadPose) -> None:
        self._image = image
        self._looks = _sideways(pose)
        self._widened = _widened(image, landmarks, pose)

    def seen(self, pose: HeadPose) -> ImageArray:
        """Return the image whose pieces the face is made of when the head has a pose."""
        share = min(abs(_sideways(pose) - self._looks) / _TURNED, 1.0)
        if share < 0.02:
            return self._image
        mixed = cv2.addWeighted(self._widened, share, self._image, 1.0 - share, 0.0)
        return np.asarray(mixed, dtype=np.uint8)


def _sideways(pose: HeadPose) -> float:
    """Return how far to the side of the camera a head looks, the sine of the angle."""
    return float(pose.rotation[0, 0])


def _widened(image: ImageArray, landmarks: Array, pose: HeadPose) -> ImageArray:
    """Return the image in which the skin beside the strip takes the strip's place."""
    oval = landmarks[topology.OVAL]
    middle = oval.mean(axis=0)
    away = oval - middle
    down = pose.rotation[:2, 2]
    sine = -(away @ down) / np.maximum(np.hypot(*away.T) * max(float(np.hypot(*down)), 1e-9), 1e-9)
    share = np.clip((sine - _CHEEK[0]) / (_CHEEK[1] - _CHEEK[0]), 0.0, 1.0)[:, None]
    height, width = image.shape[:2]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    # In each direction, how far the oval is and what share of the strip is replaced.
    angle = np.arctan2(y - middle[1], x - middle[0])
    order = np.argsort(np.arctan2(away[:, 1], away[:, 0]))
    directions = np.arctan2(away[:, 1], away[:, 0])[order]
    reach = np.interp(angle, directions, np.hypot(*away.T)[order], period=2.0 * np.pi)
    part = np.interp(angle, directions, share[order, 0], period=2.0 * np.pi)
    ratio = np.hypot(x - middle[0], y - middle[1]) / np.maximum(reach, 1e-6)
    taken = np.where(ratio < _OUTSIDE, np.minimum(ratio, _INSIDE), ratio)
    factor = (1.0 + part * (taken / np.maximum(ratio, 1e-6) - 1.0)).astype(np.float32)
    place_x = (middle[0] + factor * (x - middle[0])).astype(np.float32)
    place_y = (middle[1] + factor * (y - middle[1])).astype(np.float32)
    widened = cv2.remap(image, place_x, place_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    edge = np.clip((ratio - _INSIDE) / (1.0 - _INSIDE), 0.0, 1.0) * (ratio < _OUTSIDE)
    shade = 1.0 - _SHADE * part * edge
    return np.asarray(widened * shade[:, :, None], dtype=np.uint8)
