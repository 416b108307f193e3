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
from x2c_core.face.descriptors import MATRIX, Relation
from x2c_core.face.head_pose import FACING, HeadPose, HeadPoseFit, fit_head_pose, yaw_pitch_roll

_X, _Y, _Z = 0, 1, 2
_OPENNESS = [Relation.EYE_OPENNESS_LEFT, Relation.EYE_OPENNESS_RIGHT]
# Of each face only the coordinates that say how open the eyes are.
_OF_EYES = np.flatnonzero(MATRIX[_OPENNESS].any(axis=0))
_EYES = np.ascontiguousarray(MATRIX[_OPENNESS][:, _OF_EYES])
_LONGEST = 1.0
"""No landmark of a face moves further from neutral [interocular distances]."""
_LEAST_RATIO, _LARGEST_RATIO = 0.5, 2.0
_PITCH = 5
"""Row of the turn about y among three shifts, growth and three turns."""

# Bridge of the nose, corners of the eyes, temples. Forehead and ears are left out: when brows rise
# and the jaw drops, the tracker moves them as if the head pitched.
_BONE = [8, 168, 6, 197, 195, 5, 4, 33, 133, 263, 362, 127, 356, 162, 389, 21, 251]


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
        self._fit = HeadPoseFit(self._neutral)
        self._ahead = (FACING.T @ pose.rotation).T @ FACING.T
        self._scale = morphology_scale(self._neutral, robot)
        self._pitch = pitch_of_bone(self._neutral)
        self._level = float(self._pitch @ bone_motion(self._neutral))
        self._open = np.maximum(_openings(self._neutral), 1e-3).tolist()

    def pose(self, landmarks: ArrayLike) -> HeadPose:
        """Return the head's pose, fitted to the person's own neutral face.

        Raises:
            LandmarkError: The landmarks are not usable.
        """
        return self._fit(landmarks)

    def motion(self, face: Array) -> Array:
        """Return how far each landmark is from neutral (478, 3), as on the robot [interocular].

        Args:
            face: (478, 3) landmarks in the head frame of their pose [interocular distances].
        """
        motion = (face - self._neutral) * self._scale
        np.maximum(motion, -_LONGEST, out=motion)
        return np.minimum(motion, _LONGEST, out=motion)

    def head_angles(self, pose: HeadPose, face: Array) -> tuple[float, float, float]:
        """Return yaw, pitch and roll [rad] from the neutral head pose (REP-103).

        Args:
            pose: Pose fitted to the person's neutral face.
            face: (478, 3) landmarks in the head frame of that pose [interocular distances].
        """
        yaw, pitch, roll = yaw_pitch_roll(self._ahead @ pose.rotation)
        return yaw, pitch + float(self._pitch @ bone_motion(face)) - self._level, roll

    def openness(self, face: Array) -> tuple[float, float]:
        """Return how open the left and the right eye are, 0 shut to 1 as in neutral.

        Args:
            face: (478, 3) landmarks in the head frame of their pose [interocular distances].
        """
        left, right = (
            min(max(opening / usual, 0.0), 1.0)
            for opening, usual in zip(_openings(face).tolist(), self._open, strict=True)
        )
        return left, right


def pitch_of_bone(neutral: Array) -> Array:
    """Return what motion of the bone's landmarks, times it, adds to the head's pitch (51,) [rad].

    The pose is a fit to more of the face. Where that moves, as the forehead does with the brows,
    the bone seems to have turned in the frame of the pose: so much the pose is wrong.

    Args:
        neutral: (478, 3) face at rest in the head frame [interocular distances].
    """
    bone = neutral[_BONE] - neutral[_BONE].mean(axis=0)
    # Columns: shift of all along each axis, growth, and turn about each axis, for small angles.
    shifts = np.tile(np.eye(3), (len(_BONE), 1))
    turns = [np.cross(axis, bone).ravel() for axis in np.eye(3)]
    columns = np.column_stack([shifts, bone.ravel(), *turns])
    return np.asarray(np.linalg.pinv(columns)[_PITCH])


def bone_motion(motion: Array) -> Array:
    """Return the motion (..., 51) of the bone's landmarks, given that of a face (..., 478, 3)."""
    return motion[..., _BONE, :].reshape(*motion.shape[:-2], -1)


def morphology_scale(person: Array, robot: Array) -> Array:
    """Return by what to multiply a person's landmark motion (478, 3) to fit a robot's face.

    Args:
        person: (478, 3) neutral landmarks in the head frame [interocular distances].
        robot: Likewise.
    """
    scale = np.ones((topology.COUNT, 3))
    openings = _openings(robot), _openings(person)
    for side, robots, persons in zip(("LEFT", "RIGHT"), *openings, strict=True):
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


def _openings(face: Array) -> Array:
    """Return the openings of the left and the right eye (2,) [interocular distances]."""
    return np.asarray(_EYES @ face.reshape(-1)[_OF_EYES])


def _extent(face: Array, indices: NDArray[np.intp], axis: int) -> float:
    return float(np.ptp(face[indices, axis]))


def _ratio(robot: float, person: float) -> float:
    if person <= 0.0:
        return 1.0
    return float(np.clip(robot / person, _LEAST_RATIO, _LARGEST_RATIO))
