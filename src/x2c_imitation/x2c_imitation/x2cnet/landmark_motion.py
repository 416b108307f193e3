# SPDX-License-Identifier: Apache-2.0
"""Motion of a face's landmarks in few numbers, a second input of mapping networks.

An image of few pixels hardly shows small motions, such as a jaw that moves aside or lips that
roll. The landmarks show them, and are there anyway: motion transfers start from them. Only a few
distances between landmarks are taken. With every landmark as an input, networks learn how exactly
the robot's skin moves, which is not how people's does.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from x2c_core.arrays import Array
from x2c_core.face import descriptors, topology
from x2c_core.face.head_pose import fit_head_pose
from x2c_imitation.errors import ImitationError
from x2c_imitation.pipeline.retargeting import Retargeter

_Y, _Z = 1, 2
_Row = tuple[int, Sequence[int], Sequence[int]]

_UNDER_NOSE = (2,)
_CHIN = (152, 148, 377)
_LIP_TOP, _LIP_TOP_INSIDE = (0, 37, 267), (13, 82, 312)
_LIP_BOTTOM, _LIP_BOTTOM_INSIDE = (17, 84, 314), (14, 87, 317)
_CORNERS_OF_EYES = ((133, 33), (362, 263))

_ROWS: tuple[_Row, ...] = (
    (_Y, (152, 148, 377, 199, 200), ()),
    (_Y, _LIP_TOP, ()),
    (_Y, _LIP_BOTTOM, ()),
    (_Y, (61,), ()),
    (_Y, (291,), ()),
    (_Y, (55, 107), (285, 336)),
    (_Z, _LIP_TOP, _LIP_TOP_INSIDE),
    (_Z, _LIP_BOTTOM_INSIDE, _LIP_BOTTOM),
    (_Z, _LIP_BOTTOM, (199, 200)),
    (_Z, (40, 39), _UNDER_NOSE),
    (_Z, (270, 269), _UNDER_NOSE),
    (_Z, _UNDER_NOSE, (91, 181)),
    (_Z, _UNDER_NOSE, (321, 405)),
    (_Z, _CHIN, _UNDER_NOSE),
    *(  # Lids first, as LIDS counts on.
        (_Z, points, corners)
        for sides in (
            ((158, 159, 160), (385, 386, 387)),  # upper lids
            ((144, 145, 153), (373, 374, 380)),  # lower lids
            ((98, 129), (327, 358)),  # wings of the nose
            ((50, 205), (280, 425)),  # cheeks
        )
        for points, corners in zip(sides, _CORNERS_OF_EYES, strict=True)
    ),
)
"""Beside the relations that people read: jaw aside, lips rolled, lids, nose and cheeks.

Each is an axis, landmarks whose mean counts, and landmarks whose mean is taken off."""


def _matrix() -> Array:
    rows = np.zeros((len(_ROWS), topology.COUNT, 3))
    for row, (axis, plus, minus) in zip(rows, _ROWS, strict=True):
        row[list(plus), axis] += 1.0 / len(plus)
        if minus:
            row[list(minus), axis] -= 1.0 / len(minus)
    return np.concatenate([descriptors.MATRIX, rows.reshape(len(rows), -1)])


_MATRIX = _matrix()

ANGLES = 3
"""Count of the head's angles, which come last among the numbers that describe a motion."""

MOTION_COUNT = len(_MATRIX) + ANGLES
"""Count of the numbers that describe a motion."""

_FIRST_LID = len(_MATRIX) - 8
LIDS = (
    *(descriptors.Relation.EYE_OPENNESS_LEFT, descriptors.Relation.EYE_OPENNESS_RIGHT),
    *range(_FIRST_LID, _FIRST_LID + 4),
)
"""Numbers of the lids, whose motion is scaled to how open the robot's eyes are."""

MOTION_UNITS: NDArray[np.float32] = np.repeat(
    np.array([0.1, 1.0 / 3.0], np.float32), [len(_MATRIX), ANGLES]
)
"""(MOTION_COUNT,) usual size of each number [interocular distances, then rad]."""

Motions = NDArray[np.float32]
"""(n, MOTION_COUNT), as `LandmarkMotion.measure` gives them."""


class LandmarkMotion:
    """Measure a person's motion, scaled to the robot's proportions.

    Args:
        robot: (478, 3) landmarks on the image of the neutral robot [pixel].

    Raises:
        LandmarkError: The robot's landmarks are not usable.
    """

    def __init__(self, robot: ArrayLike) -> None:
        self._robot = fit_head_pose(robot).to_head_frame(robot)
        self._person: Retargeter | None = None

    def calibrate(self, neutral: ArrayLike) -> None:
        """Take landmarks (478, 3) [pixel] as those of the person's neutral face.

        Raises:
            LandmarkError: The landmarks are not usable.
        """
        self._person = Retargeter(neutral, self._robot)

    def measure(self, landmarks: ArrayLike) -> Motions:
        """Return the motion (MOTION_COUNT,) of a person's landmarks (478, 3) [pixel].

        First by how much distances in the face differ from neutral [interocular distances], the
        head's pose removed; then how far the head is turned by yaw, pitch and roll [rad].

        Raises:
            ImitationError: No neutral face is known yet.
            LandmarkError: The landmarks are not usable.
        """
        if self._person is None:
            raise ImitationError("no neutral face is known yet: calibrate first")
        pose = self._person.pose(landmarks)
        face = pose.to_head_frame(landmarks)
        changes = _MATRIX @ self._person.motion(face).ravel()
        angles = self._person.head_angles(pose, face)
        return np.concatenate([changes, angles]).astype(np.float32)
