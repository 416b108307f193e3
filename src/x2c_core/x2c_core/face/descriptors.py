# SPDX-License-Identifier: Apache-2.0
"""Readings of a face as numbers: relations between landmarks, and descriptors.

All are measured on landmarks freed of head pose, so they have the same meaning on a person and on
a robot. Relations (openings, heights, widths, gaze) are linear in the landmarks, so they can be
measured on a face (`relate`) and can be asked for in a least-squares problem (`MATRIX`).
Descriptors are the few numbers by which two faces' expressions are compared: relations, and the
angles of gaze and head.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from contextlib import suppress

import numpy as np
from numpy.typing import ArrayLike

from x2c_core.arrays import Array
from x2c_core.errors import LandmarkError
from x2c_core.face import topology
from x2c_core.face.head_pose import HeadPose, check_landmarks, fit_head_pose


class Relation(enum.IntEnum):
    """Measured quantities, in the order of `MATRIX`'s rows; lengths are positive up or out."""

    EYE_OPENNESS_LEFT = 0
    EYE_OPENNESS_RIGHT = 1
    BROW_INNER_HEIGHT_LEFT = 2
    BROW_INNER_HEIGHT_RIGHT = 3
    BROW_OUTER_HEIGHT_LEFT = 4
    BROW_OUTER_HEIGHT_RIGHT = 5
    MOUTH_OPENING = 6
    MOUTH_WIDTH = 7
    CORNER_HEIGHT_LEFT = 8
    CORNER_HEIGHT_RIGHT = 9
    UPPER_LIP_RAISE = 10
    LOWER_LIP_DEPRESS = 11
    IRIS_SIDEWAYS_LEFT = 12
    IRIS_SIDEWAYS_RIGHT = 13
    IRIS_HEIGHT_LEFT = 14
    IRIS_HEIGHT_RIGHT = 15


_Y, _Z = 1, 2
_SUBNASALE = (2,)

# The skin under the lower lid, over bone. With the eyes' corners it tells better than these alone
# how high the iris is: what the tracker adds where brows rise or the mouth opens, they share.
_UNDER_EYE = {"LEFT": (449, 450), "RIGHT": (229, 230)}


def relate(face: ArrayLike) -> Array:
    """Return all relations (16,) of a face [interocular distances].

    Args:
        face: (478, 3) landmarks in the head frame [interocular distances].

    Raises:
        LandmarkError: The landmarks are not (478, 3) finite numbers.
    """
    return np.asarray(MATRIX @ check_landmarks(face).ravel())


def _row(plus: Iterable[int], minus: Iterable[int], axis: int) -> Array:
    """Return the mean of some landmarks less the mean of others, along an axis, as a row."""
    row = np.zeros((topology.COUNT, 3))
    for sign, indices in ((1.0, list(plus)), (-1.0, list(minus))):
        row[indices, axis] += sign / len(indices)
    return row.ravel()


def _rows_of_eye(side: str) -> dict[str, Array]:
    upper = getattr(topology, f"EYE_{side}_UPPER")
    lower = getattr(topology, f"EYE_{side}_LOWER")
    brow = [getattr(topology, f"BROW_{side}_{edge}") for edge in ("UPPER", "LOWER")]
    iris = (getattr(topology, f"IRIS_{side}")[0],)
    corners = (upper[0], upper[-1])
    return {
        f"EYE_OPENNESS_{side}": _row(upper[3:6], lower[3:6], _Z),
        f"BROW_INNER_HEIGHT_{side}": _row(np.concatenate([e[:2] for e in brow]), corners, _Z),
        f"BROW_OUTER_HEIGHT_{side}": _row(np.concatenate([e[3:] for e in brow]), corners, _Z),
        f"IRIS_SIDEWAYS_{side}": _row(iris, corners, _Y),
        f"IRIS_HEIGHT_{side}": _row(iris, (*corners, *_UNDER_EYE[side]), _Z),
    }


def _matrix() -> Array:
    rows = {
        **_rows_of_eye("LEFT"),
        **_rows_of_eye("RIGHT"),
        "MOUTH_OPENING": _row((82, 13, 312), (87, 14, 317), _Z),
        "MOUTH_WIDTH": _row((291,), (61,), _Y),
        "CORNER_HEIGHT_LEFT": _row((291,), _SUBNASALE, _Z),
        "CORNER_HEIGHT_RIGHT": _row((61,), _SUBNASALE, _Z),
        "UPPER_LIP_RAISE": _row((0, 37, 267), _SUBNASALE, _Z),
        "LOWER_LIP_DEPRESS": _row(_SUBNASALE, (17, 84, 314), _Z),
    }
    matrix = np.array([rows[relation.name] for relation in Relation])
    matrix.setflags(write=False)
    return matrix


MATRIX: Array = _matrix()
"""(16, 1434) a face's flattened landmarks times this are its relations."""

EYEBALL_RADIUS = 0.19
"""Radius of an eyeball [interocular distances]: 12 mm of 63 mm."""


_IRIS_HEIGHTS = [Relation.IRIS_HEIGHT_LEFT, Relation.IRIS_HEIGHT_RIGHT]
_LEVEL = relate(topology.REFERENCE)[_IRIS_HEIGHTS]
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


def describe(landmarks: ArrayLike, pose: HeadPose | None = None) -> Array:
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


def describe_found(landmarks: ArrayLike | None) -> Array:
    """Return the descriptors (17,) of landmarks (478, 3); NaN for None, or if they are no face."""
    if landmarks is not None:
        with suppress(LandmarkError):
            return describe(landmarks)
    return np.full(len(Descriptor), np.nan)


def describe_face(face: ArrayLike) -> Array:
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


def _angle(offset: Array) -> float:
    """Return the eyes' mean angle [rad] for the irises' way from the middle of the eyes."""
    return float(np.arcsin(np.clip(offset / EYEBALL_RADIUS, -1.0, 1.0)).mean())
