# SPDX-License-Identifier: Apache-2.0
"""Carry a person's face over to the landmarks of a robot's image.

The person's motion is freed of head pose and of the person's neutral face, scaled to the robot's
proportions, added to the robot's neutral landmarks and turned as the person's head is turned from
its own neutral pose.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from x2c_core.arrays import Array
from x2c_core.face import topology
from x2c_core.face.head_pose import check_landmarks, fit_head_pose
from x2c_imitation.errors import TransferError
from x2c_imitation.pipeline.retargeting import Retargeter

_NECK = np.array([-1.15, 0.0, -0.95])
"""Centre of the head's rotation, in the head frame [interocular distances]."""

_SHUT = 0.2
"""Share of the neutral opening at which eyes are shut: the tracker leaves a slit open."""

_Z = 2
_EYES = [
    (getattr(topology, f"EYE_{side}_UPPER")[1:-1], getattr(topology, f"EYE_{side}_LOWER")[1:-1])
    for side in ("LEFT", "RIGHT")
]


class ImageRetargeter:
    """Turn a person's landmarks into those that the robot's image would have.

    The head turns where a neck would turn it; where the person's head is in the camera's image
    makes no difference unless it is asked for.

    Args:
        robot: (478, 3) landmarks on the image of the neutral robot [pixel].
        translation: Share of the head's motion in the image that is followed, 0 to 1.
        scale: Share of the head's change of size that is followed, 0 to 1.

    Raises:
        LandmarkError: The robot's landmarks are not usable.
    """

    def __init__(self, robot: ArrayLike, translation: float = 0.0, scale: float = 0.0) -> None:
        self._pose = fit_head_pose(robot)
        self._robot = self._pose.to_head_frame(robot)
        self._translation = translation
        self._scale = scale
        self._person: Retargeter | None = None

    @property
    def is_calibrated(self) -> bool:
        """True if the person's neutral face is known."""
        return self._person is not None

    def calibrate(self, neutral: ArrayLike) -> None:
        """Take landmarks (478, 3) [pixel] as those of the person's neutral face.

        Raises:
            LandmarkError: The landmarks are not usable.
        """
        self._person = Retargeter(neutral, self._robot)
        self._person_pose = self._person.pose(neutral)

    def retarget(self, landmarks: ArrayLike) -> Array:
        """Return the landmarks (478, 3) on the robot's image [pixel] of a person's (478, 3).

        Raises:
            LandmarkError: The landmarks are not usable.
            TransferError: No neutral face is known yet.
        """
        if self._person is None:
            raise TransferError("no neutral face is known yet: calibrate first")
        person = check_landmarks(landmarks)
        pose = self._person.pose(person)
        face = self._robot + self._person.motion(pose.to_head_frame(person))
        _shut(face, self._robot)
        before = self._person_pose
        rotation = self._pose.rotation @ before.rotation.T @ pose.rotation
        scale = self._pose.scale * (pose.scale / before.scale) ** self._scale
        neck = self._pose.to_pixels(_NECK)
        if self._translation:
            moved = pose.to_pixels(_NECK) - before.to_pixels(_NECK)
            neck = neck + self._translation * moved * self._pose.scale / before.scale
        return np.asarray(scale * (face - _NECK) @ rotation.T + neck)


def _shut(face: Array, neutral: Array) -> None:
    """Let almost shut eyes shut, in place: the upper lid comes down to the lower one."""
    for upper, lower in _EYES:
        gap = face[upper, _Z] - face[lower, _Z]
        share = gap.mean() / max((neutral[upper, _Z] - neutral[lower, _Z]).mean(), 1e-6)
        if share < 1.0:
            wanted = max(share - _SHUT, 0.0) / (1.0 - _SHUT)
            face[upper, _Z] = face[lower, _Z] + gap * (wanted / share if share > 0.0 else 0.0)
