# SPDX-License-Identifier: Apache-2.0
"""Motion transfer without weights: landmarks are carried over, and the neutral image is warped."""

from __future__ import annotations

from typing import Any

from numpy.typing import ArrayLike

from x2c_core.arrays import ImageArray
from x2c_core.face.frames import Face
from x2c_core.robot.robot import Robot
from x2c_imitation.pipeline.observation import Observation
from x2c_imitation.x2cnet.transfer.image_retargeter import ImageRetargeter
from x2c_imitation.x2cnet.transfer.image_warp import ImageWarp
from x2c_imitation.x2cnet.transfer.motion_transfer import MotionTransfer
from x2c_imitation.x2cnet.transfer.robot_image import read_neutral


class WarpTransfer(MotionTransfer):
    """Warp the neutral image so that its landmarks move as the person's do.

    Args:
        image: (h, w, 3) RGB, image of the neutral robot.
        landmarks: (478, 3) landmarks on it [pixel].
        size: Width and height of the images made [pixel].

    Raises:
        LandmarkError: The landmarks are not usable.
        TransferError: The image or the size is not usable, or the face is not on the image.
    """

    def __init__(self, image: ArrayLike, landmarks: ArrayLike, size: int) -> None:
        self._warp = ImageWarp(image, landmarks, size)
        self._retargeter = ImageRetargeter(landmarks)

    @classmethod
    def for_robot(cls, robot: Robot, size: int, options: Any) -> WarpTransfer:
        """Return the transfer onto a robot's neutral image; there are no options."""
        return cls(*read_neutral(robot), size)

    @property
    def neutral(self) -> ImageArray:
        """Neutral image (size, size, 3) RGB."""
        return self._warp.neutral

    @property
    def is_calibrated(self) -> bool:
        """True if the person's neutral face is known."""
        return self._retargeter.is_calibrated

    def calibrate(self, neutral: Face) -> None:
        """Take a face as the person's neutral one."""
        self._retargeter.calibrate(neutral.landmarks)

    def animate(self, observation: Observation) -> ImageArray:
        """Return the image (size, size, 3) RGB with the person's expression."""
        return self._warp.animate(self._retargeter.retarget(observation.face.landmarks))
