# SPDX-License-Identifier: Apache-2.0
"""Data passed along the pipeline for one camera frame: a face, then control values."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from x2c_core.face.head_pose import HeadPose, fit_head_pose


class FaceState(enum.IntEnum):
    """State of face tracking; numbers as in `x2c_msgs/FaceLandmarks`."""

    TRACKING = 1
    LOST = 2


class ControlState(enum.IntEnum):
    """Origin of control values; numbers as in `x2c_msgs/ControlValues`."""

    TRACKING = 1
    HOLDING = 2
    NEUTRAL = 3


NO_TRACK = -1
"""Track id while no person has been seen."""


@dataclass(frozen=True)
class Face:
    """One person's face in one image, or the last one known where it is lost.

    Attributes:
        landmarks: (478, 3) [pixel]; zeros where no face has been seen yet.
        pose: Head pose; None while no face has been seen.
        width: Image width [pixel].
        height: Image height [pixel].
        confidence: 0 to 1.
        state: Tracking or lost.
        track_id: Identity of the person.
    """

    landmarks: NDArray[np.float64]
    pose: HeadPose | None
    width: int
    height: int
    confidence: float
    state: FaceState
    track_id: int


@dataclass(frozen=True)
class ControlFrame:
    """Control values for one camera frame.

    Attributes:
        values: (30,) [ratio or rad], finite and in upstream's range.
        confidence: 0 to 1.
        state: Origin of the values.
        track_id: Identity of the person imitated.
    """

    values: NDArray[np.float64]
    confidence: float
    state: ControlState
    track_id: int


def at_message_precision(face: Face) -> Face:
    """Return a face as it is read from a message: float32 numbers, and the pose that fits them.

    Raises:
        LandmarkError: All landmarks of a tracked face fall on one point.
    """
    landmarks = face.landmarks.astype(np.float32).astype(np.float64)
    seen = face.state is FaceState.TRACKING or landmarks.any()
    return replace(
        face,
        landmarks=landmarks,
        pose=fit_head_pose(landmarks) if seen else None,
        confidence=float(np.float32(face.confidence)),
    )
