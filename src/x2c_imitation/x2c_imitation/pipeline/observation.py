# SPDX-License-Identifier: Apache-2.0
"""Observation of a person in one camera frame, from which an imitator works."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from x2c_core.face.frames import Face, FaceState
from x2c_core.face.head_pose import check_landmarks, fit_head_pose


class Need(enum.StrEnum):
    """Input that an imitator needs beside the landmarks, which always come."""

    IMAGE = "image"
    BLENDSHAPES = "blendshapes"


PUBLISHED = frozenset({Need.IMAGE})
"""Needs that the face tracker meets; it does not publish blendshapes yet."""


@dataclass(frozen=True)
class Observation:
    """Observation of a person in one camera frame.

    Attributes:
        face: Landmarks, head pose and state of the face.
        image: (256, 256, 3) BGR crop around the face, where the imitator needs it; else None.
        blendshapes: Coefficients by name, 0 to 1, where the imitator needs them; else None.
            The face tracker does not publish them yet.
    """

    face: Face
    image: NDArray[np.uint8] | None = None
    blendshapes: Mapping[str, float] | None = None

    @classmethod
    def of_landmarks(cls, landmarks: ArrayLike) -> Observation:
        """Return the observation of a face of which only the landmarks are known.

        Args:
            landmarks: (478, 3) landmarks [pixel].

        Raises:
            LandmarkError: The landmarks are not usable.
        """
        checked = check_landmarks(landmarks)
        across, down = np.ceil(np.maximum(checked[:, :2].max(axis=0), 1.0)).astype(int).tolist()
        pose = fit_head_pose(checked)
        return cls(Face(checked, pose, across, down, 1.0, FaceState.TRACKING, 0))
