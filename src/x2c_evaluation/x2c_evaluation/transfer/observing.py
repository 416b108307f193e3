# SPDX-License-Identifier: Apache-2.0
"""Observations for motion transfers, from images and the landmarks tracked in them."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from x2c_imitation.pipeline.observation import Need, Observation
from x2c_perception.tracking.face_crop import face_crop


def observe(needs: Set[Need], landmarks: ArrayLike, image: NDArray[np.uint8]) -> Observation:
    """Return the observation of a face, with what is needed beside its landmarks.

    Args:
        needs: Inputs needed.
        landmarks: (478, 3) landmarks on the image [pixel].
        image: (height, width, 3) BGR.

    Raises:
        LandmarkError: The landmarks are not usable.
    """
    made = Observation.of_landmarks(landmarks)
    if Need.IMAGE not in needs:
        return made
    return replace(made, image=face_crop(image, made.face))
