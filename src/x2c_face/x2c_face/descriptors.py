# SPDX-License-Identifier: Apache-2.0
"""Expression descriptors: the few numbers by which two faces' expressions are compared.

Each is measured on landmarks freed of head pose, so it has the same meaning on a person and on a
robot.
"""

from __future__ import annotations

import enum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from x2c_face import topology
from x2c_face.head_pose import HeadPose, check_landmarks, fit_head_pose

EYEBALL_RADIUS = 0.19
"""Radius of an eyeball [interocular distances]: 12 mm of 63 mm."""

_X, _Y, _Z = 0, 1, 2
_SUBNASALE = 2
_LIDS = slice(3, 6)


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
        pose: Of the head; fitted where it is not given.

    Raises:
        LandmarkError: The landmarks are not (478, 3) finite numbers.
    """
    pixels = check_landmarks(landmarks)
    pose = pose or fit_head_pose(pixels)
    return np.concatenate([describe_face(pose.to_head_frame(pixels)), pose.yaw_pitch_roll])


def describe_face(face: ArrayLike) -> NDArray[np.float64]:
    """Return the descriptors (14,) that do not need a head pose, of a face in the head frame.

    Args:
        face: (478, 3) landmarks in the head frame [interocular distances].

    Raises:
        LandmarkError: The landmarks are not (478, 3) finite numbers.
    """
    points = check_landmarks(face)
    z = points[:, _Z]
    base = z[_SUBNASALE]
    lip_top = z[[0, 37, 267]].mean()
    lip_bottom = z[[17, 84, 314]].mean()
    gaze = (_gaze(points, "LEFT") + _gaze(points, "RIGHT")) / 2.0
    return np.array(
        [
            eye_openness(points, "LEFT"),
            eye_openness(points, "RIGHT"),
            _brow_height(points, "LEFT", slice(0, 2)),
            _brow_height(points, "RIGHT", slice(0, 2)),
            _brow_height(points, "LEFT", slice(3, 5)),
            _brow_height(points, "RIGHT", slice(3, 5)),
            mouth_opening(points),
            points[291, _Y] - points[61, _Y],
            z[291] - base,
            z[61] - base,
            lip_top - base,
            base - lip_bottom,
            gaze[0],
            gaze[1],
        ]
    )


def eye_openness(face: NDArray[np.float64], side: str) -> float:
    """Return the height of one eye's opening [interocular distances], "LEFT" or "RIGHT"."""
    upper = face[getattr(topology, f"EYE_{side}_UPPER")[_LIDS], _Z]
    lower = face[getattr(topology, f"EYE_{side}_LOWER")[_LIDS], _Z]
    return float((upper - lower).mean())


def mouth_opening(face: NDArray[np.float64]) -> float:
    """Return the height of the opening between the lips [interocular distances]."""
    return float((face[[82, 13, 312], _Z] - face[[87, 14, 317], _Z]).mean())


def _corners(side: str) -> NDArray[np.intp]:
    upper = getattr(topology, f"EYE_{side}_UPPER")
    return np.array([upper[0], upper[-1]])


def _brow_height(face: NDArray[np.float64], side: str, part: slice) -> float:
    brow = np.concatenate(
        [getattr(topology, f"BROW_{side}_{edge}")[part] for edge in ("UPPER", "LOWER")]
    )
    return float(face[brow, _Z].mean() - face[_corners(side), _Z].mean())


def _gaze(face: NDArray[np.float64], side: str) -> NDArray[np.float64]:
    iris = face[getattr(topology, f"IRIS_{side}")[0]]
    offset = (iris - face[_corners(side)].mean(axis=0)) / EYEBALL_RADIUS
    return np.asarray(np.arcsin(np.clip([offset[_Y], offset[_Z]], -1.0, 1.0)))
