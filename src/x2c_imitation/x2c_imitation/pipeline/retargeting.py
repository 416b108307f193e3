# SPDX-License-Identifier: Apache-2.0
"""Carry a person's landmark motion over to a robot's face.

A landmark's way from neutral means different things on faces of different shape: a lid that
closes a small eye travels less than one that closes a large eye. So motion is scaled, region by
region, by the ratio of the two neutral faces.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from x2c_core.arrays import Array
from x2c_core.face import topology
from x2c_core.face.head_pose import FACING, HeadPose, fit_head_pose, yaw_pitch_roll
from x2c_core.face.relations import Relation, relate

_X, _Y, _Z = 0, 1, 2
_OPENNESS = [Relation.EYE_OPENNESS_LEFT, Relation.EYE_OPENNESS_RIGHT]
_LONGEST = 1.0
"""No landmark of a face moves further from neutral [interocular distances]."""
_LEAST_RATIO, _LARGEST_RATIO = 0.5, 2.0


class Retargeter:
    """Measure one person's landmark motion and scale it to one robot.

    Args:
        person: (478, 3) the person's neutral landmarks [pixel].
        robot: (478, 3) the robot's neutral landmarks in the head frame [interocular distances].

    Raises:
        LandmarkError: The person's landmarks are not usable.
    """

    def __init__(self, person: ArrayLike, robot: Array) -> None:
        pose = fit_head_pose(person)
        self._neutral = pose.to_head_frame(person)
        self._facing = FACING.T @ pose.rotation
        self._scale = morphology_scale(self._neutral, robot)
        self._openness = relate(self._neutral)[_OPENNESS]

    def pose(self, landmarks: ArrayLike) -> HeadPose:
        """Return the head's pose, fitted to the person's own neutral face.

        Raises:
            LandmarkError: The landmarks are not usable.
        """
        return fit_head_pose(landmarks, self._neutral)

    def motion(self, landmarks: ArrayLike, pose: HeadPose) -> Array:
        """Return how far each landmark is from neutral (478, 3), as on the robot [interocular]."""
        motion = (pose.to_head_frame(landmarks) - self._neutral) * self._scale
        return np.asarray(np.clip(motion, -_LONGEST, _LONGEST))

    def head_angles(self, pose: HeadPose) -> tuple[float, float, float]:
        """Return yaw, pitch and roll [rad] from the neutral head pose (REP-103)."""
        return yaw_pitch_roll(self._facing.T @ FACING.T @ pose.rotation)

    def openness(self, landmarks: ArrayLike, pose: HeadPose) -> Array:
        """Return how open the left and the right eye are (2,), 0 shut to 1 as in neutral."""
        opening = relate(pose.to_head_frame(landmarks))[_OPENNESS]
        return np.asarray(np.clip(opening / np.maximum(self._openness, 1e-3), 0.0, 1.0))


def morphology_scale(person: Array, robot: Array) -> Array:
    """Return by what to multiply a person's landmark motion (478, 3) to fit a robot's face.

    Args:
        person: (478, 3) neutral landmarks in the head frame [interocular distances].
        robot: Likewise.
    """
    scale = np.ones((topology.COUNT, 3))
    openness = relate(robot)[_OPENNESS], relate(person)[_OPENNESS]
    for side, robots, persons in zip(("LEFT", "RIGHT"), *openness, strict=True):
        upper = getattr(topology, f"EYE_{side}_UPPER")
        lower = getattr(topology, f"EYE_{side}_LOWER")
        iris = getattr(topology, f"IRIS_{side}")
        lids = np.concatenate([upper, lower])
        scale[lids, _Z] = _ratio(robots, persons)
        scale[iris, _Y] = _ratio(_extent(robot, upper, _Y), _extent(person, upper, _Y))
    lips = np.concatenate(
        [
            topology.LIP_UPPER_OUTER,
            topology.LIP_UPPER_INNER,
            topology.LIP_LOWER_INNER,
            topology.LIP_LOWER_OUTER,
        ]
    )
    scale[lips, _Y] = _ratio(_extent(robot, lips, _Y), _extent(person, lips, _Y))
    return scale


def _extent(face: Array, indices: NDArray[np.intp], axis: int) -> float:
    return float(np.ptp(face[indices, axis]))


def _ratio(robot: float, person: float) -> float:
    if person <= 0.0:
        return 1.0
    return float(np.clip(robot / person, _LEAST_RATIO, _LARGEST_RATIO))
