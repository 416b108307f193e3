# SPDX-License-Identifier: Apache-2.0
"""Expression descriptors: the few numbers by which two faces' expressions are compared.

Each is measured on landmarks freed of head pose, so it has the same meaning on a person and on a
robot.
"""

from __future__ import annotations

import enum
from contextlib import suppress

import numpy as np
from numpy.typing import ArrayLike, NDArray

from x2c_core.errors import LandmarkError
from x2c_core.face.head_pose import HeadPose, check_landmarks, fit_head_pose
from x2c_core.face.relations import Relation, relate
from x2c_core.face.topology import REFERENCE

EYEBALL_RADIUS = 0.19
"""Radius of an eyeball [interocular distances]: 12 mm of 63 mm."""


_IRIS_HEIGHTS = [Relation.IRIS_HEIGHT_LEFT, Relation.IRIS_HEIGHT_RIGHT]
_LEVEL = relate(REFERENCE)[_IRIS_HEIGHTS]
"""Height of the irises (2,) in the average face, which looks level [interocular distances]."""


class Descriptor(enum.StrEnum):
    """Names of the descriptors, in the order of the vector that `describe` returns."""

    EYE_OPENNESS_LEFT = "eye_openness_left"
    EYE_OPENNESS_RIGHT = "eye_openness_right"
    BROW_INNER_HEIGHT_LEFT = "brow_inner_height_left"
    BROW_INNER_HEIGHT_RIGHT = "brow_inner_height_right"
    BROW_OUTER_HEIGHT_LEFT = "brow_outer_height_left"
    BROW_OUTER_HEIGHT_RIGHT = "brow_outer_height_right"
    MOUTH_OPENING = "mouth_opening"
    MOUTH_WIDTH = "mouth_width"
    CORNER_HEIGHT_LEFT = "corner_height_left"
    CORNER_HEIGHT_RIGHT = "corner_height_right"
    UPPER_LIP_RAISE = "upper_lip_raise"
    LOWER_LIP_DEPRESS = "lower_lip_depress"
    GAZE_YAW = "gaze_yaw"
    GAZE_PITCH = "gaze_pitch"
    HEAD_YAW = "head_yaw"
    HEAD_PITCH = "head_pitch"
    HEAD_ROLL = "head_roll"


def describe(landmarks: ArrayLike, pose: HeadPose | None = None) -> NDArray[np.float64]:
    """Return the descriptors (17,) of landmarks (478, 3) [pixel].

    Lengths are in interocular distances, angles in radians: gaze yaw and pitch are relative to
    the head (positive to the own left and up), head angles relative to facing the camera
    (REP-103).

    Args:
        landmarks: (478, 3) [pixel].
        pose: Head pose; fitted to the landmarks if None.

    Raises:
        LandmarkError: The landmarks are not (478, 3) finite numbers.
    """
    pixels = check_landmarks(landmarks)
    pose = pose or fit_head_pose(pixels)
    return np.concatenate([describe_face(pose.to_head_frame(pixels)), pose.yaw_pitch_roll])


def describe_found(landmarks: ArrayLike | None) -> NDArray[np.float64]:
    """Return the descriptors (17,) of landmarks (478, 3); NaN for None, or if they are no face."""
    if landmarks is not None:
        with suppress(LandmarkError):
            return describe(landmarks)
    return np.full(len(Descriptor), np.nan)


def describe_face(face: ArrayLike) -> NDArray[np.float64]:
    """Return the descriptors (14,) that do not need a head pose, of a face in the head frame.

    Args:
        face: (478, 3) landmarks in the head frame [interocular distances].

    Raises:
        LandmarkError: The landmarks are not (478, 3) finite numbers.
    """
    found = relate(face)
    sideways = found[[Relation.IRIS_SIDEWAYS_LEFT, Relation.IRIS_SIDEWAYS_RIGHT]]
    height = found[_IRIS_HEIGHTS]
    gaze = [_angle(sideways), _angle(height - _LEVEL)]
    return np.concatenate([found[: Relation.IRIS_SIDEWAYS_LEFT], gaze])


def _angle(offset: NDArray[np.float64]) -> float:
    """Return the eyes' mean angle [rad] for the irises' way from the middle of the eyes."""
    return float(np.arcsin(np.clip(offset / EYEBALL_RADIUS, -1.0, 1.0)).mean())
