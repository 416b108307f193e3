# SPDX-License-Identifier: Apache-2.0
"""Smooth a tracked face region by region, without letting it lag behind the head.

Landmarks are smoothed in the head frame, the head's pose by itself: moving the head then neither
opens the filters of a resting mouth, nor drags the face behind.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from x2c_core.face import topology
from x2c_core.face.head_pose import HeadPose, determinant
from x2c_perception.tracking.one_euro import OneEuroFilter

_REACH = 0.22
"""Width of a region around its named landmarks [interocular distances]."""


class Region(enum.StrEnum):
    """Parts of the face that move at different speeds, and the pose of the head."""

    EYES = "eyes"
    BROWS = "brows"
    MOUTH = "mouth"
    REST = "rest"
    POSE = "pose"


@dataclass(frozen=True)
class Smoothing:
    """Smoothing of one region.

    Attributes:
        min_cutoff: At rest [Hz].
        beta: [Hz per interocular distance/s], for the pose also [Hz per rad/s].
    """

    min_cutoff: float
    beta: float


DEFAULTS: Mapping[Region, Smoothing] = {
    Region.EYES: Smoothing(2.0, 15.0),
    Region.BROWS: Smoothing(1.5, 8.0),
    Region.MOUTH: Smoothing(1.5, 10.0),
    Region.REST: Smoothing(1.0, 4.0),
    Region.POSE: Smoothing(1.2, 12.0),
}
"""Tuned on video of real faces at 25 to 30 images a second."""

DERIVATIVE_CUTOFF = 8.0
"""Cutoff of the speeds [Hz]: a blink must be noticed within an image or two."""


def _regions() -> dict[Region, NDArray[np.intp]]:
    """Return which landmarks (n,) belong to each region but the pose."""
    t = topology
    eyes = (t.EYE_RIGHT_UPPER, t.EYE_RIGHT_LOWER, t.EYE_LEFT_UPPER, t.EYE_LEFT_LOWER)
    brows = (t.BROW_RIGHT_UPPER, t.BROW_RIGHT_LOWER, t.BROW_LEFT_UPPER, t.BROW_LEFT_LOWER)
    mouth = (t.LIP_UPPER_OUTER, t.LIP_UPPER_INNER, t.LIP_LOWER_INNER, t.LIP_LOWER_OUTER)
    named = {
        Region.EYES: np.concatenate([*eyes, t.IRIS_RIGHT, t.IRIS_LEFT]),
        Region.BROWS: np.concatenate(brows),
        Region.MOUTH: np.concatenate(mouth),
    }
    distance = np.stack(
        [
            np.linalg.norm(t.REFERENCE[:, None] - t.REFERENCE[None, ids], axis=2).min(axis=1)
            for ids in named.values()
        ]
    )
    nearest = np.where(distance.min(axis=0) <= _REACH, distance.argmin(axis=0), len(named))
    order = (*named, Region.REST)
    return {region: np.flatnonzero(nearest == number) for number, region in enumerate(order)}


REGIONS = _regions()
"""Landmarks (n,) of each region but the pose; together all 478."""

# One filter for all, since its time goes by calls more than by numbers: the landmarks, then the
# place of the head and the logarithm of its scale, then its rotation.
_FACE = 3 * topology.COUNT
_SCALE, _TURN = _FACE + 3, _FACE + 4
_SIGNALS = _TURN + 9


class FaceSmoother:
    """Smooth landmarks and head pose of one person.

    Args:
        settings: For each region; those left out have their default.
    """

    def __init__(self, settings: Mapping[Region, Smoothing] | None = None) -> None:
        self._filter = OneEuroFilter(1.0, 0.0, DERIVATIVE_CUTOFF)
        self.configure(settings or {})

    def configure(self, settings: Mapping[Region, Smoothing]) -> None:
        """Change how regions are smoothed; what has been smoothed so far stays."""
        complete = {**DEFAULTS, **settings}
        cutoff, beta = np.empty(_SIGNALS), np.empty(_SIGNALS)
        cutoff[_FACE:], beta[_FACE:] = complete[Region.POSE].min_cutoff, complete[Region.POSE].beta
        for region, landmarks in REGIONS.items():
            cutoff[:_FACE].reshape(-1, 3)[landmarks] = complete[region].min_cutoff
            beta[:_FACE].reshape(-1, 3)[landmarks] = complete[region].beta
        self._filter.min_cutoff, self._filter.beta = cutoff, beta

    def reset(self) -> None:
        """Forget the past, as for another person or after a jump in time."""
        self._filter.reset()

    def __call__(
        self, landmarks: NDArray[np.float64], pose: HeadPose, elapsed: float
    ) -> tuple[NDArray[np.float64], HeadPose]:
        """Return the smoothed landmarks (478, 3) [pixel] and head pose.

        Args:
            landmarks: (478, 3) [pixel].
            pose: Fitted to them.
            elapsed: Time since the last call [s].
        """
        signals = np.empty(_SIGNALS)
        signals[:_FACE] = pose.to_head_frame(landmarks).ravel()
        # Translation in interocular distances: the same speeds count near the camera and far away.
        np.divide(pose.translation, pose.scale, out=signals[_FACE:_SCALE])
        signals[_SCALE] = np.log(pose.scale)
        signals[_TURN:] = pose.rotation.ravel()
        smooth = self._filter(signals, elapsed)
        scale = float(np.exp(smooth[_SCALE]))
        rotation = _nearest_rotation(smooth[_TURN:].reshape(3, 3), pose.rotation)
        smoothed = HeadPose(rotation, smooth[_FACE:_SCALE] * scale, scale)
        return smoothed.to_pixels(smooth[:_FACE].reshape(-1, 3)), smoothed


def _nearest_rotation(
    matrix: NDArray[np.float64], fallback: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the rotation (3, 3) nearest to a mean of rotations, where there is one."""
    u, singular, vt = np.linalg.svd(matrix)
    rotation = u @ vt
    if singular[-1] < 1e-3 or determinant(rotation) < 0.0:
        return fallback
    return np.asarray(rotation)
