# SPDX-License-Identifier: Apache-2.0
"""Motion of a person at rest, from the images in which the face is nearest to its neutral one.

A neutral face comes as landmarks, without the image from which the motion extractor would read
the motion at rest. So the images themselves tell: those that look most like the neutral face.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from x2c_core.arrays import Array
from x2c_core.face.frames import Face
from x2c_core.face.head_pose import FACING, fit_head_pose
from x2c_core.face.topology import REFERENCE

_KEPT = 12
"""Number of faces that are remembered, the nearest ones."""

_NEAR = 0.01
"""A face that is further from neutral than the nearest one by this counts 1 / e [interocular]."""

_PER_RADIAN = 0.3
"""Distance that a turn of the head counts for [interocular distances per rad]."""


@dataclass(frozen=True)
class _Seen:
    shape: Array
    turn: Array
    expression: Array
    rotation: Array


class RestMotion:
    """Estimate of a person's motion at rest, which gets better while the person is watched."""

    def __init__(self) -> None:
        self._seen: list[_Seen] = []
        self._track_id: int | None = None
        self._neutral: Array | None = None
        self._turn = FACING

    @property
    def is_known(self) -> bool:
        """True if a neutral face is known."""
        return self._neutral is not None

    def calibrate(self, neutral: Face) -> None:
        """Take a face as the neutral one; that of another person starts the estimate again.

        Raises:
            LandmarkError: The landmarks are not usable; the former neutral face stays.
        """
        pose = fit_head_pose(neutral.landmarks)
        if neutral.track_id != self._track_id:
            self._seen.clear()
            self._track_id = neutral.track_id
        self._neutral, self._turn = pose.to_head_frame(neutral.landmarks), pose.rotation

    def add(self, face: Face, expression: Array, rotation: Array) -> None:
        """Take the motion that was read off one image.

        Args:
            face: Face tracked in the image.
            expression: (21, 3) displacement of the keypoints by the expression.
            rotation: (3, 3) of the head.

        Raises:
            LandmarkError: The landmarks are not usable.
        """
        own = REFERENCE if self._neutral is None else self._neutral
        pose = fit_head_pose(face.landmarks, own)
        shape = pose.to_head_frame(face.landmarks)
        self._seen.append(_Seen(shape, pose.rotation, expression, rotation))
        distances = [self._distance(one) for one in self._seen]
        nearest = sorted(np.argsort(distances, kind="stable")[:_KEPT].tolist())
        self._seen = [self._seen[index] for index in nearest]

    def estimate(self) -> tuple[Array, Array]:
        """Return expression (21, 3) and rotation (3, 3) at rest; one face at least was added."""
        distances = np.array([self._distance(one) for one in self._seen])
        weights = np.exp((distances.min() - distances) / _NEAR)
        weights /= weights.sum()
        expression = np.tensordot(weights, [one.expression for one in self._seen], 1)
        mean = np.tensordot(weights, [one.rotation for one in self._seen], 1)
        # The rotation nearest to the mean of rotations, which is none itself.
        u, _, vt = np.linalg.svd(mean)
        sign = np.array([1.0, 1.0, np.linalg.det(u @ vt)])
        return np.asarray(expression), np.asarray((u * sign) @ vt)

    def _distance(self, seen: _Seen) -> float:
        """Return how far a face is from the neutral one [interocular distances]."""
        if self._neutral is None:
            return 0.0
        off = np.sqrt(((seen.shape - self._neutral) ** 2).sum(axis=1).mean())
        cosine = (np.trace(self._turn.T @ seen.turn) - 1.0) / 2.0
        return float(off + _PER_RADIAN * np.arccos(np.clip(cosine, -1.0, 1.0)))
