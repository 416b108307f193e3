# SPDX-License-Identifier: Apache-2.0
"""Whom to follow where several people are in the image: a rank for each face."""

from __future__ import annotations

import enum
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from x2c_core.errors import LandmarkError
from x2c_core.face.face_frames import gaze_rotation
from x2c_core.face.head_pose import fit_head_pose
from x2c_perception.tracking.person_selector import Box


class Follow(enum.StrEnum):
    """Choice of the person to follow."""

    STAY = "stay"
    LARGEST = "largest"
    NEAREST = "nearest"
    LOOKING = "looking"


_LARGER = math.log(1.3)
_NEARER = math.log(1.15)
_CLOSER = 0.25
"""Lead of a face over another one that counts as 1: in area, in distance, in angle [rad]."""

_AWAY = 0.6
"""Angle between gaze and camera from which a person looks elsewhere, however far [rad]."""

_NEVER = -1e9


def ranks(follow: Follow, faces: Sequence[NDArray[np.float64]]) -> list[float]:
    """Return a rank for each face; the highest is to be followed, a lead of 1 is a clear one.

    With STAY it is that of the largest, for the choice of the first person.

    Args:
        follow: Choice of the person to follow.
        faces: (478, 3) landmarks of each face [pixel].
    """
    return [_rank(follow, landmarks) for landmarks in faces]


def _rank(follow: Follow, landmarks: NDArray[np.float64]) -> float:
    if follow in (Follow.STAY, Follow.LARGEST):
        return math.log(max(Box.around(landmarks).area, 1e-9)) / _LARGER
    try:
        pose = fit_head_pose(landmarks)
        if follow is Follow.NEAREST:
            # Unlike the bounds, the scale stays as the head turns.
            return math.log(max(pose.scale, 1e-9)) / _NEARER
        # A face in the middle of its crop, as the tracker sees it: the camera is along -z.
        gaze = pose.rotation @ gaze_rotation(pose.to_head_frame(landmarks))[:, 2]
    except LandmarkError:
        return _NEVER
    angle = math.acos(min(max(-float(gaze[2]), -1.0), 1.0))
    return -min(angle, _AWAY) / _CLOSER
