# SPDX-License-Identifier: Apache-2.0
"""Openness of eyes and lips, as ratios of two distances in the image."""

from __future__ import annotations

import numpy as np

from x2c_core.arrays import Array

# Landmarks of the lids' or lips' middle, then of the corners between which the width is taken.
# The eye on the left of the image comes first.
_EYES = ((159, 145, 33, 133), (386, 374, 362, 263))
_LIPS = (13, 14, 61, 291)
_LEAST_WIDTH = 1e-6


def eye_ratios(landmarks: Array) -> Array:
    """Return how open the eyes are (2,), that on the left of the image first.

    Args:
        landmarks: (478, 3) landmarks [pixel].
    """
    return np.array([_ratio(landmarks, *eye) for eye in _EYES])


def lip_ratio(landmarks: Array) -> float:
    """Return how far the lips are apart.

    Args:
        landmarks: (478, 3) landmarks [pixel].
    """
    return _ratio(landmarks, *_LIPS)


def _ratio(landmarks: Array, upper: int, lower: int, one: int, other: int) -> float:
    height = np.linalg.norm(landmarks[upper, :2] - landmarks[lower, :2])
    width = np.linalg.norm(landmarks[one, :2] - landmarks[other, :2])
    return float(height / max(float(width), _LEAST_WIDTH))
