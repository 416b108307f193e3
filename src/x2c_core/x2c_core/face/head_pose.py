# SPDX-License-Identifier: Apache-2.0
"""Head pose from face landmarks, and landmarks freed of head pose.

Pixels are those of a camera optical frame (x right, y down, z away from the camera, all in
pixels). The head frame is x forward out of the face, y to the face's own left, z up, origin
between the eyes, in interocular distances.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from x2c_core.arrays import Array
from x2c_core.errors import LandmarkError
from x2c_core.face.topology import COUNT, REFERENCE

INTEROCULAR_DISTANCE = 0.063
"""Distance between the eyes' centres of an average adult [m]; it sets the scale of positions."""

FACING: Array = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, -1.0], [-1.0, 0.0, 0.0]])
"""(3, 3) rotation from the head frame to the optical frame of a camera that the face looks at."""
FACING.setflags(write=False)

# Skin over bone, hardly moved by expressions: forehead, temples, bridge of the nose, corners of
# the eyes.
_RIGID = np.array(
    [
        *(10, 67, 109, 297, 338, 151, 9, 8, 168, 6, 197, 195, 5, 4),
        *(33, 133, 263, 362, 127, 356, 234, 454, 162, 389, 21, 251, 54, 284),
    ],
    dtype=np.intp,
)


@dataclass(frozen=True)
class HeadPose:
    """A weak-perspective pose: pixels = scale * rotation @ point + translation.

    Attributes:
        rotation: (3, 3) from the head frame to the camera optical frame.
        translation: (3,) position of the point between the eyes [pixel].
        scale: Length of an interocular distance in the image [pixel].
    """

    rotation: Array
    translation: Array
    scale: float

    @property
    def yaw_pitch_roll(self) -> tuple[float, float, float]:
        """Angles [rad] away from facing the camera, about z, y and x in that order (REP-103)."""
        return yaw_pitch_roll(FACING.T @ self.rotation)

    def to_head_frame(self, landmarks: ArrayLike) -> Array:
        """Return landmarks (n, 3) [pixel] in the head frame [interocular distances]."""
        pixels = np.asarray(landmarks, dtype=np.float64)
        return np.asarray((pixels - self.translation) @ self.rotation / self.scale)

    def to_pixels(self, points: ArrayLike) -> Array:
        """Return points (n, 3) of the head frame [interocular distances] as landmarks [pixel]."""
        return np.asarray(self.scale * np.asarray(points) @ self.rotation.T + self.translation)

    def position(self, width: int, height: int, focal_length: float | None = None) -> Array:
        """Return where the head is (3,) [m] in the camera optical frame.

        Args:
            width: Image width [pixel].
            height: Image height [pixel].
            focal_length: Focal length of the camera [pixel]. Default: the image's width, which is
                a horizontal field of view of 53 degrees.
        """
        focal = float(focal_length) if focal_length else float(width)
        depth = focal * INTEROCULAR_DISTANCE / self.scale
        u, v = self.translation[0] - width / 2.0, self.translation[1] - height / 2.0
        return np.array([u * depth / focal, v * depth / focal, depth])


def check_landmarks(landmarks: ArrayLike) -> Array:
    """Return landmarks as a float64 array (478, 3).

    Raises:
        LandmarkError: The shape is another one, or a coordinate is no number, NaN or infinite.
    """
    try:
        array = np.asarray(landmarks, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise LandmarkError(f"expected landmarks, got no numbers: {error}") from error
    if array.shape != (COUNT, 3):
        raise LandmarkError(f"expected landmarks of shape ({COUNT}, 3), got {array.shape}")
    if not np.logical_and.reduce(np.isfinite(array), axis=None):
        raise LandmarkError("landmarks must be finite, got NaN or infinity")
    return array


class HeadPoseFit:
    """Fit of the pose that brings one reference face onto landmarks, prepared once.

    Least squares over the landmarks that expressions hardly move (Umeyama 1991).

    Args:
        reference: (478, 3) face in the head frame [interocular distances]; a person's own neutral
            face gives a steadier pose than the average one.
    """

    def __init__(self, reference: ArrayLike = REFERENCE) -> None:
        source = np.asarray(reference, dtype=np.float64)[_RIGID]
        self._mean = source.mean(axis=0)
        self._centred = source - self._mean
        self._spread = float((self._centred**2).sum())

    def __call__(self, landmarks: ArrayLike) -> HeadPose:
        """Return the pose for landmarks (478, 3) [pixel].

        Raises:
            LandmarkError: The landmarks are not (478, 3) finite numbers, or all fall on one point
                or line.
        """
        target = check_landmarks(landmarks).take(_RIGID, axis=0)
        target_mean = np.add.reduce(target) / len(_RIGID)
        target -= target_mean
        covariance = target.T @ self._centred
        if not np.logical_and.reduce(np.isfinite(covariance), axis=None):
            raise LandmarkError("landmarks are too far apart: no head pose can be found")
        u, singular, vt = np.linalg.svd(covariance)
        first, second, third = singular.tolist()
        if not second > 1e-6 * first:
            raise LandmarkError("landmarks have no extent: no head pose can be found")
        rotation = u @ vt
        if determinant(rotation) < 0.0:
            third = -third
            rotation = (u * _LAST_TURNED) @ vt
        scale = (first + second + third) / self._spread
        if not scale > 1e-6:
            raise LandmarkError("landmarks have no extent: no head pose can be found")
        translation = target_mean - scale * rotation @ self._mean
        # The sums of finite numbers need not be finite.
        if not all(map(math.isfinite, (scale, *translation.tolist()))):
            raise LandmarkError("landmarks are too far apart: no head pose can be found")
        return HeadPose(rotation, translation, scale)


_LAST_TURNED = np.array([1.0, 1.0, -1.0])


def determinant(matrix: Array) -> float:
    """Return the determinant of a matrix (3, 3), in a fraction of numpy's time."""
    (a, b, c), (d, e, f), (g, h, i) = matrix.tolist()
    return float(a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g))


_AVERAGE_FIT = HeadPoseFit()


def fit_head_pose(landmarks: ArrayLike, reference: ArrayLike | None = None) -> HeadPose:
    """Return the pose that brings a reference face onto landmarks (478, 3) [pixel].

    Args:
        landmarks: (478, 3) [pixel].
        reference: (478, 3) face in the head frame, see `HeadPoseFit`; None for the average one.

    Raises:
        LandmarkError: The landmarks are not (478, 3) finite numbers, or all fall on one point or
            line.
    """
    fit = _AVERAGE_FIT if reference is None else HeadPoseFit(reference)
    return fit(landmarks)


def yaw_pitch_roll(rotation: ArrayLike) -> tuple[float, float, float]:
    """Return the angles [rad] of a rotation (3, 3) about z, y, x, in that order (REP-103)."""
    r = np.asarray(rotation, dtype=np.float64).tolist()
    pitch = math.asin(min(max(-r[2][0], -1.0), 1.0))
    return math.atan2(r[1][0], r[0][0]), pitch, math.atan2(r[2][1], r[2][2])


def rotation_from(yaw: float, pitch: float, roll: float) -> Array:
    """Return the rotation (3, 3) of angles [rad] about z, y, x, in that order (REP-103)."""
    cy, sy, cp, sp, cr, sr = (f(a) for a in (yaw, pitch, roll) for f in (np.cos, np.sin))
    return np.array(
        [
            [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
            [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
            [-sp, cp * sr, cp * cr],
        ]
    )
