# SPDX-License-Identifier: Apache-2.0
"""Observations for imitators and motion transfers, from images and the faces tracked in them."""

from __future__ import annotations

from collections.abc import Set

import numpy as np
from numpy.typing import NDArray

from x2c_core.face.frames import Face, FaceState
from x2c_imitation.pipeline.observation import Need, Observation
from x2c_perception.tracking.face_crop import face_crop


def observe(needs: Set[Need], face: Face, image: NDArray[np.uint8] | None) -> Observation:
    """Return the observation of a face, with what is needed beside its landmarks.

    Args:
        needs: Inputs needed.
        face: Face tracked in the image, or lost.
        image: (height, width, 3) BGR; None if there is none.
    """
    if Need.IMAGE not in needs or image is None or face.state is not FaceState.TRACKING:
        return Observation(face)
    return Observation(face, face_crop(image, face))
