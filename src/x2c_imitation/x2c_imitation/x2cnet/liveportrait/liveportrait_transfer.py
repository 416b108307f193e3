# SPDX-License-Identifier: Apache-2.0
"""Motion transfer by LivePortrait: networks animate the robot's neutral image."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import ArrayLike

from x2c_core.arrays import Array, ImageArray
from x2c_core.face.face_square import square_matrix
from x2c_core.face.frames import Face
from x2c_core.face.head_pose import check_landmarks
from x2c_core.robot.robot import Robot
from x2c_core.system.optional_modules import how_to_install
from x2c_imitation.errors import TransferError
from x2c_imitation.pipeline.observation import Need, Observation
from x2c_imitation.x2cnet.liveportrait.options import LivePortraitOptions, MotionMode, MotionRegion
from x2c_imitation.x2cnet.liveportrait.paste import PasteBack
from x2c_imitation.x2cnet.liveportrait.published import (
    PortraitPart,
    required_path,
    weights_folder,
)
from x2c_imitation.x2cnet.liveportrait.ratios import eye_ratios, lip_ratio
from x2c_imitation.x2cnet.liveportrait.rest import RestMotion
from x2c_imitation.x2cnet.network.files import digest
from x2c_imitation.x2cnet.transfer.motion_transfer import MotionTransfer
from x2c_imitation.x2cnet.transfer.robot_image import read_neutral

if TYPE_CHECKING:
    # torch comes with these: those who only read the options need none.
    from torch import Tensor

    from x2c_imitation.x2cnet.liveportrait.keypoints import FaceMotion
    from x2c_imitation.x2cnet.liveportrait.portrait import LivePortrait

_SQUARE = 256
_LEAST_OPENING = 1e-3


class LivePortraitTransfer(MotionTransfer):
    """Animate the neutral image by the motion that LivePortrait reads off the person's image.

    Head and expression move as the person's do from rest; place and size of the head in the
    camera image make no difference.

    Args:
        networks: LivePortrait's networks.
        image: (h, w, 3) RGB, image of the neutral robot.
        landmarks: (478, 3) landmarks on it [pixel].
        size: Width and height of the images made [pixel].
        options: Part of the motion, and how it is taken on.

    Raises:
        LandmarkError: The landmarks are not usable.
        TransferError: The networks cannot run.
    """

    Options = LivePortraitOptions
    needs = frozenset({Need.IMAGE})

    @classmethod
    def slow_loading(cls, options: LivePortraitOptions) -> str:
        """Return how long the networks take to load."""
        return "without a GPU this can take minutes"

    @classmethod
    def fingerprint(cls, options: LivePortraitOptions) -> str:
        """Return a text that is another where weights, or options that count, are others."""
        folder = weights_folder(options.weights)
        weights = [digest(required_path(folder, part)) for part in PortraitPart]
        plain = LivePortraitOptions()
        # The same is computed everywhere, but for rounding.
        kept = replace(options, weights="", device=plain.device, half=plain.half)
        return f"{kept} {' '.join(weights)}"

    def __init__(
        self,
        networks: LivePortrait,
        image: ImageArray,
        landmarks: ArrayLike,
        size: int,
        options: LivePortraitOptions,
    ) -> None:
        self._networks, self._options = networks, options
        points = check_landmarks(landmarks)
        matrix = square_matrix(points, _SQUARE)
        # Large images are reduced: without averaging over pixels, fine texture would be noise.
        flags = cv2.INTER_AREA if matrix[0, 0] < 0.5 else cv2.INTER_LINEAR
        square = cv2.warpAffine(
            image, matrix, (_SQUARE, _SQUARE), flags=flags, borderMode=cv2.BORDER_REPLICATE
        )
        self._portrait = networks.portrait(np.asarray(square, dtype=np.uint8))
        self._paste = PasteBack(image, matrix, _SQUARE, size)
        self._robot_eyes, self._robot_lips = eye_ratios(points), lip_ratio(points)
        self._rest = RestMotion()
        self._known_rest: FaceMotion | None = None
        self._person_eyes = self._person_lips = 0.0
        self._neutral = self._shown(self._portrait.motion.keypoints)

    @classmethod
    def for_robot(
        cls, robot: Robot, size: int, options: LivePortraitOptions
    ) -> LivePortraitTransfer:
        """Return the transfer onto a robot's neutral image.

        Raises:
            NetworkError: Weights are missing or cannot be used, or the device is not there.
            TransferError: Torch is not installed, or the robot's folder lacks what is needed.
        """
        try:
            from x2c_imitation.x2cnet.liveportrait.portrait import LivePortrait
        except ModuleNotFoundError as error:
            name = error.name or "torch"
            raise TransferError(
                f"motion transfer liveportrait needs {name}: {how_to_install(name)}, or use "
                "transfer:=warp"
            ) from error
        image, landmarks = read_neutral(robot)
        folder = weights_folder(options.weights)
        networks = LivePortrait.from_folder(folder, options.device, options.half)
        return cls(networks, image, landmarks, size, options)

    @property
    def neutral(self) -> ImageArray:
        """Neutral image (size, size, 3) RGB, as the networks show it."""
        return self._neutral

    @property
    def is_calibrated(self) -> bool:
        """True if the person's neutral face is known."""
        return self._rest.is_known

    def calibrate(self, neutral: Face) -> None:
        """Take a face as the person's neutral one."""
        self._rest.calibrate(neutral)
        self._known_rest = None
        self._person_eyes = float(eye_ratios(neutral.landmarks).mean())
        self._person_lips = lip_ratio(neutral.landmarks)

    def calibrate_on(self, neutral: Observation) -> None:
        """Take an observation as the person at rest, for good."""
        motion = self._motion(neutral)
        self.calibrate(neutral.face)
        self._known_rest = motion

    def animate(self, observation: Observation) -> ImageArray:
        """Return the image (size, size, 3) RGB with the person's expression."""
        if not self.is_calibrated:
            raise TransferError("no neutral face is known yet: calibrate first")
        driving = self._motion(observation)
        reference = self._at_rest(observation.face, driving)
        keypoints = self._keypoints(driving, reference, observation.face.landmarks)
        return self._shown(keypoints)

    def _motion(self, observation: Observation) -> FaceMotion:
        """Return the motion in an observation's image."""
        if observation.image is None:
            raise TransferError(
                "motion transfer liveportrait needs an image of the face, and there is none"
            )
        return self._networks.motion(np.ascontiguousarray(observation.image[:, :, ::-1]))

    def _at_rest(self, face: Face, driving: FaceMotion) -> FaceMotion | None:
        """Return the person's motion at rest; None where motion is absolute."""
        if self._options.motion == MotionMode.ABSOLUTE:
            return None
        if self._known_rest is not None:
            return self._known_rest
        from x2c_imitation.x2cnet.liveportrait.animation import with_motion

        expression, rotation = (
            one[0].double().cpu().numpy() for one in (driving.expression, driving.rotation)
        )
        self._rest.add(face, expression, rotation)
        return with_motion(driving, *self._rest.estimate())

    def _keypoints(
        self, driving: FaceMotion, reference: FaceMotion | None, landmarks: Array
    ) -> Tensor:
        """Return the keypoints (1, 21, 3) of the robot's image."""
        from x2c_imitation.x2cnet.liveportrait.animation import EYES, LIPS, at_rest, driven

        options, source = self._options, self._portrait.motion
        motion = driven(source, driving, reference, MotionRegion(options.region))
        if options.eyes:
            motion = at_rest(motion, source, EYES)
        if options.lips:
            motion = at_rest(motion, source, LIPS)
        keypoints = motion.keypoints
        if options.eyes:
            opening = eye_ratios(landmarks).mean() / max(self._person_eyes, _LEAST_OPENING)
            wanted = float(self._robot_eyes.mean() * opening)
            keypoints = keypoints + self._networks.eye_shift(
                source.keypoints, self._robot_eyes, wanted
            )
        if options.lips:
            wanted = self._robot_lips + lip_ratio(landmarks) - self._person_lips
            keypoints = keypoints + self._networks.lip_shift(
                source.keypoints, self._robot_lips, max(wanted, 0.0)
            )
        return keypoints

    def _shown(self, keypoints: Tensor) -> ImageArray:
        """Return the image (size, size, 3) RGB with keypoints (1, 21, 3)."""
        if self._options.stitching:
            keypoints = self._networks.stitched(self._portrait.motion.keypoints, keypoints)
        return self._paste.paste(self._networks.render(self._portrait, keypoints))
