# SPDX-License-Identifier: Apache-2.0
"""Make the motion-transferred image of a pair: its expression on the robot's neutral image.

At run time the network sees the robot's neutral image, warped by a person's motion. Here the
robot itself takes the person's place: its landmarks, as a camera in front of it would see them,
go the same way as a person's do.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from x2c_core.arrays import Array, ImageBatch
from x2c_core.control_space import controls
from x2c_core.errors import X2CError
from x2c_core.face.head_pose import FACING, HeadPose
from x2c_core.robot.robot_file import load_robot
from x2c_datasets.formats import Pair
from x2c_imitation.pipeline.observation import Observation
from x2c_imitation.x2cnet.network.config import NetworkConfig
from x2c_imitation.x2cnet.runtime.predictor import fit
from x2c_imitation.x2cnet.transfer.motion_transfer import DEFAULT_TRANSFER, make_transfer
from x2c_training.errors import PreparationError
from x2c_virtual_face.errors import RobotMismatchError
from x2c_virtual_face.virtual_face import VirtualFace

_SMALL = 64
_PROBE = {"Jaw Pitch": 0.4, "Head Yaw": 0.2, "Eyelid Upper Left": -0.2, "Gaze Target Phi": 0.5}


class Transferrer:
    """Transfer expressions of the virtual humanoid onto its neutral image.

    Args:
        folder: Folder of the robot.
        config: Configuration of the network: images are made as it sees them at run time.

    Raises:
        PreparationError: The robot cannot be simulated, so the pose of its head is unknown.
        TransferError: The robot's folder lacks what motion transfer needs.
    """

    def __init__(self, folder: Path, config: NetworkConfig) -> None:
        robot = load_robot(folder)
        try:
            self._face = VirtualFace(robot)
        except RobotMismatchError as error:
            raise PreparationError(
                f"the robot {robot.name!r} cannot be simulated, so its expressions cannot be "
                "transferred; train without: data.transferred no"
            ) from error
        self._robot = robot
        self._motion = make_transfer(DEFAULT_TRANSFER, robot, config.whole_size)
        self._config = config
        neutral = self._pose(controls.NEUTRAL).to_pixels(self._face.landmarks())
        self._motion.calibrate(Observation.of_landmarks(neutral).face)

    def image(self, pair: Pair) -> ImageBatch:
        """Return the transferred image (size, size, 3) RGB of a pair.

        Raises:
            PreparationError: The pair has no landmarks.
        """
        if pair.landmarks is None:
            raise PreparationError("it has no landmarks, without which it cannot be transferred")
        return self._transfer(pair.values, pair.landmarks)

    def probe(self) -> ImageBatch:
        """Return the image of an expression that is always the same."""
        values = controls.from_names(_PROBE)
        self._pose(values)
        return self._transfer(values, self._face.landmarks())

    def _transfer(self, values: Array, landmarks: Array) -> ImageBatch:
        seen = self._pose(values).to_pixels(landmarks)
        image = self._motion.animate(Observation.of_landmarks(seen))
        return np.asarray(fit(image[None], self._config)[0])

    def _pose(self, values: Array) -> HeadPose:
        """Return how the head is seen from the front, with control values (30,)."""
        self._face.set_positions(self._robot.joint_targets(values))
        projection = self._face.projection()
        right, down, depth = projection[:, 3]
        middle = np.array([right / depth, down / depth, 0.0])
        scale = self._face.focal_length / depth
        return HeadPose(FACING @ self._face.head_rotation(), middle, scale)


def transfer_key(folder: Path, config: NetworkConfig) -> str:
    """Return a fingerprint of the images that a robot's transfer makes.

    It is made of an image, not of a version: whatever changes images changes it.
    """
    return hashlib.sha256(Transferrer(folder, config).probe().tobytes()).hexdigest()


def why_not(folder: Path, has_landmarks: bool) -> str:
    """Return why a data set's expressions cannot be transferred onto a robot; empty if they can.

    Args:
        folder: Folder of the robot.
        has_landmarks: Whether the data set has landmarks.
    """
    if not has_landmarks:
        return "the data set has no landmarks"
    try:
        Transferrer(folder, NetworkConfig(image_size=_SMALL))
    except X2CError as error:
        return str(error)
    return ""
