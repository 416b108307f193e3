# SPDX-License-Identifier: Apache-2.0
"""Warps the picture of a neutral robot so that its landmarks go where they are told to.

No weights are needed: each triangle of the Face Mesh takes its piece of the neutral picture along
(a piecewise affine warp), rings around the face let hair, neck and background give way, and what
a neutral picture does not show is drawn as layers: eyeballs behind lids, a mouth behind lips.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from x2c_face import topology
from x2c_face.head_pose import check_landmarks, fit_head_pose
from x2c_imitation.errors import TransferError
from x2c_imitation.transfer import surround
from x2c_imitation.transfer.eye_layer import EyeLayer
from x2c_imitation.transfer.mouth_layer import MouthLayer
from x2c_imitation.transfer.piecewise_map import PiecewiseMap

Array = NDArray[np.float64]
Picture = NDArray[np.uint8]

SMALLEST, LARGEST = 16, 4096
"""Sizes of pictures that can be made [pixel]."""

_SURROUND_DEPTH = 1e6
_AS_IS = np.empty(0, dtype=np.float32)
_EDGES = [
    (topology.EYE_LEFT_UPPER, topology.EYE_LEFT_LOWER),
    (topology.EYE_RIGHT_UPPER, topology.EYE_RIGHT_LOWER),
    (topology.LIP_UPPER_INNER, topology.LIP_LOWER_INNER),
]
"""Edges that meet and must not cross, upper and lower."""


class WarpTransfer:
    """Shows a robot with landmarks other than its neutral ones.

    Args:
        neutral_image: (h, w, 3) RGB, picture of the neutral robot.
        neutral_landmarks: (478, 3) on it [pixel].
        size: Width and height of the pictures made [pixel]; the whole neutral picture is shown.

    Raises:
        LandmarkError: The landmarks are not usable.
        TransferError: The picture is none, or the size is not sensible.
    """

    def __init__(
        self, neutral_image: ArrayLike, neutral_landmarks: ArrayLike, size: int = 256
    ) -> None:
        image = np.asarray(neutral_image)
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or not image.size:
            raise TransferError(
                f"the neutral picture must be (height, width, 3) uint8, got {image.shape} "
                f"{image.dtype}"
            )
        if not SMALLEST <= size <= LARGEST:
            raise TransferError(f"the size must be {SMALLEST} to {LARGEST} pixels, got {size}")
        self.size = size
        landmarks = check_landmarks(neutral_landmarks)
        height, width = image.shape[:2]
        self._ratio = np.array([size / width, size / height])
        self._picture = _resized(image, size)
        self._pose = fit_head_pose(landmarks)
        self._face = self._pose.to_head_frame(landmarks)
        self._pose = fit_head_pose(landmarks, self._face)
        self._surround = surround.Surround(self._face, self._pose)
        flat = self._flat(landmarks)
        triangles = np.concatenate(
            [topology.TRIANGLES, _fillings(), surround.triangles(topology.COUNT)]
        )
        vertices = np.concatenate([flat, self._flat(self._surround.neutral)])
        self._map = PiecewiseMap(vertices, triangles, size)
        self._eyes = [EyeLayer(self._picture, flat, side) for side in ("LEFT", "RIGHT")]
        scale = self._pose.scale * float(self._ratio.mean())
        self._mouth = MouthLayer(self._picture, flat, self._face, scale)

    @property
    def neutral(self) -> Picture:
        """The neutral picture (size, size, 3) RGB."""
        return self._picture.copy()

    def animate(self, landmarks: ArrayLike) -> Picture:
        """Return the picture (size, size, 3) RGB with landmarks (478, 3) [px, neutral picture].

        Raises:
            LandmarkError: The landmarks are not (478, 3) finite numbers, or have no extent.
        """
        wanted = check_landmarks(landmarks)
        pose = fit_head_pose(wanted, self._face)
        wanted = _untangled(wanted, pose.rotation @ (0.0, 0.0, -1.0))
        around = self._surround.vertices(pose)
        flat = self._flat(wanted)
        vertices = np.concatenate([flat, self._flat(around)])
        depth = np.concatenate([wanted[:, 2], np.full(len(around), _SURROUND_DEPTH)])
        source = self._map.source(vertices, depth)
        warped = cv2.remap(
            self._picture, source, _AS_IS, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        picture = np.asarray(warped, dtype=np.uint8)
        for eye in self._eyes:
            eye.draw(picture, flat)
        self._mouth.draw(picture, flat, pose.to_head_frame(wanted), pose, self._ratio)
        return picture

    def _flat(self, points: Array) -> Array:
        """Return points (n, 3) of the neutral picture in those made (n, 2) [pixel]."""
        # Pixel centres are whole numbers in both.
        return np.asarray((points[:, :2] + 0.5) * self._ratio - 0.5)


def _resized(image: Picture, size: int) -> Picture:
    height, width = image.shape[:2]
    flags = cv2.INTER_AREA if min(height, width) >= size else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, (size, size), interpolation=flags), dtype=np.uint8)


def _fillings() -> NDArray[np.intp]:
    """Return triangles (m, 3) that fill the holes of the mesh between upper and lower edges."""
    found = []
    for upper, lower in _EDGES:
        found += [
            np.stack([upper[:-1], lower[:-1], upper[1:]], 1),
            np.stack([upper[1:], lower[:-1], lower[1:]], 1),
        ]
    triangles = np.concatenate(found)
    # At the corners upper and lower edge share a landmark.
    distinct = (triangles != np.roll(triangles, 1, axis=1)).all(axis=1)
    return np.asarray(triangles[distinct])


def _untangled(landmarks: Array, down: Array) -> Array:
    """Return landmarks (478, 3) whose lids and lips do not cross, where down is (3,)."""
    found = landmarks.copy()
    for upper, lower in _EDGES:
        crossing = np.minimum((found[lower] - found[upper]) @ down, 0.0)[:, None] / 2.0
        found[upper] += crossing * down
        found[lower] -= crossing * down
    return found
