# SPDX-License-Identifier: Apache-2.0
"""Warp the image of a neutral robot so that its landmarks move to given positions.

No weights are needed: each triangle of the Face Mesh takes its piece of the neutral image along
(a piecewise affine warp), hair, neck and background give way around the face, and what a neutral
image does not show is drawn as layers: eyeballs behind lids, a mouth behind lips.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import ArrayLike

from x2c_core.arrays import Array, ImageArray
from x2c_core.face.head_pose import HeadPose, check_landmarks, fit_head_pose
from x2c_imitation.errors import TransferError
from x2c_imitation.x2cnet.transfer.eye_layer import EyeLayer
from x2c_imitation.x2cnet.transfer.mesh import Mesh, untangled
from x2c_imitation.x2cnet.transfer.mouth_layer import MouthLayer
from x2c_imitation.x2cnet.transfer.piecewise_map import PiecewiseMap
from x2c_imitation.x2cnet.transfer.rim import Rim
from x2c_imitation.x2cnet.transfer.surround import Surround
from x2c_imitation.x2cnet.transfer.window import Window

SMALLEST, LARGEST = 32, 2048
"""Sizes of images that can be made [pixel]."""

_SMALLEST_FACE = 2.0
"""Distance of the eyes in the smallest face that can be drawn [pixel]."""


class ImageWarp:
    """Show a robot with landmarks other than its neutral ones.

    Args:
        neutral_image: (h, w, 3) RGB, image of the neutral robot.
        neutral_landmarks: (478, 3) on it [pixel].
        size: Width and height of the images made [pixel]; the whole neutral image is shown.

    Raises:
        LandmarkError: The landmarks are not usable.
        TransferError: The image is none, the face is not on it, or the size is not sensible.
    """

    def __init__(
        self, neutral_image: ArrayLike, neutral_landmarks: ArrayLike, size: int = 256
    ) -> None:
        image = np.asarray(neutral_image)
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or not image.size:
            raise TransferError(
                f"the neutral image must be (height, width, 3) uint8, got {image.shape} "
                f"{image.dtype}"
            )
        if not SMALLEST <= size <= LARGEST:
            raise TransferError(f"the size must be {SMALLEST} to {LARGEST} pixels, got {size}")
        landmarks = check_landmarks(neutral_landmarks)
        height, width = image.shape[:2]
        self.size = size
        self._ratio = np.array([size / width, size / height])
        self._image = _resized(image, size)
        self._face = fit_head_pose(landmarks).to_head_frame(landmarks)
        pose = fit_head_pose(landmarks, self._face)
        self._check_place(pose)
        landmarks = untangled(landmarks, -pose.rotation[:, 2])
        flat, up = self._flat(landmarks), self._up(pose)
        self._surround = Surround(self._image, flat, self._face, pose, self._ratio)
        self._rim = Rim(self._image, flat, pose)
        self._mesh = Mesh(flat, up)
        self._map = PiecewiseMap(
            self._mesh.vertices(flat, up), self._mesh.triangles, self._mesh.behind
        )
        self._eyes = [EyeLayer(self._image, flat, side, up) for side in ("LEFT", "RIGHT")]
        scale = pose.scale * float(self._ratio.mean())
        self._mouth = MouthLayer(self._image, flat, self._face, scale)

    @property
    def neutral(self) -> ImageArray:
        """The neutral image (size, size, 3) RGB."""
        return self._image.copy()

    def animate(self, landmarks: ArrayLike) -> ImageArray:
        """Return the image (size, size, 3) RGB with landmarks (478, 3) [px, neutral image].

        Raises:
            LandmarkError: The landmarks are not (478, 3) finite numbers, or have no extent.
        """
        wanted = check_landmarks(landmarks)
        pose = fit_head_pose(wanted, self._face)
        wanted = untangled(wanted, -pose.rotation[:, 2])
        flat = self._flat(wanted)
        image = self._surround.draw(flat, pose)
        up = self._up(pose)
        vertices = self._mesh.vertices(flat, up)
        seen = self._rim.seen(pose)
        self._draw_face(image, seen, vertices, self._mesh.depth(wanted[:, 2]))
        for eye in self._eyes:
            eye.draw(image, flat, up)
        self._mouth.draw(image, flat, pose.to_head_frame(wanted), pose, self._ratio)
        return image

    def _check_place(self, pose: HeadPose) -> None:
        """Raise TransferError unless the neutral face is on the image and can be seen there."""
        eyes = pose.translation[:2] * self._ratio
        between = pose.scale * self._ratio.mean()
        inside = (eyes > 0.0).all() and (eyes < self.size).all()
        if not inside or not _SMALLEST_FACE <= between <= self.size:
            raise TransferError(
                f"the neutral landmarks are not those of this image: at {self.size} x "
                f"{self.size} pixels its eyes would be at {eyes.round(1).tolist()} and "
                f"{between:.1f} apart"
            )

    def _draw_face(
        self, image: ImageArray, seen: ImageArray, vertices: Array, depth: Array
    ) -> None:
        window = Window.around(vertices, image.shape)
        if window is None:
            return
        source, covered = self._map.source(vertices, depth, window)
        warped = cv2.remap(
            seen,
            source,
            np.empty(0, dtype=np.float32),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        hull = cv2.convexHull(vertices.astype(np.float32))[:, 0]
        cover = window.cover(np.asarray(hull, dtype=np.float64))
        window.blend(image, np.asarray(warped, dtype=np.uint8), cover * covered)

    def _flat(self, points: Array) -> Array:
        """Return places (n, 3) in the neutral image in those made (n, 2) [pixel].

        Landmarks count from an image's edge; here pixel centres are whole numbers.
        """
        return np.asarray(points[:, :2] * self._ratio - 0.5)

    def _up(self, pose: HeadPose) -> Array:
        return np.asarray(pose.scale * pose.rotation[:2, 2] * self._ratio)


def _resized(image: ImageArray, size: int) -> ImageArray:
    height, width = image.shape[:2]
    flags = cv2.INTER_AREA if min(height, width) >= size else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, (size, size), interpolation=flags), dtype=np.uint8)
