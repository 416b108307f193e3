# SPDX-License-Identifier: Apache-2.0
"""Make the motion-transferred image of a pair: its expression on the robot's neutral image.

At run time the network sees the robot's neutral image, changed by a person's motion. Here the
robot itself takes the person's place. Where a motion transfer works from landmarks, those of the
data set, as a camera in front of the robot would see them, go the same way as a person's do.
Where it needs images, the face is tracked in those of the data set.
"""

from __future__ import annotations

import hashlib
import json
from functools import cached_property

import numpy as np

from x2c_core.arrays import Array, ImageArray, ImageBatch
from x2c_core.control_space import controls
from x2c_core.errors import X2CError
from x2c_core.face.expression_model import load_expression_model
from x2c_core.face.head_pose import FACING, HeadPose
from x2c_core.robot.robot_file import load_robot
from x2c_datasets.fit.image_tracking import track_single
from x2c_datasets.formats import Pair
from x2c_imitation.pipeline.implementation import chosen_options
from x2c_imitation.pipeline.observation import Observation
from x2c_imitation.x2cnet.landmark_motion import LandmarkMotion, Motions
from x2c_imitation.x2cnet.network.config import NetworkConfig
from x2c_imitation.x2cnet.runtime.predictor import fit
from x2c_imitation.x2cnet.transfer.motion_transfer import (
    TRANSFERS,
    MotionTransfer,
    make_transfer,
)
from x2c_imitation.x2cnet.transfer.robot_image import read_neutral
from x2c_perception.tracking.face_crop import face_crop
from x2c_perception.tracking.face_mesh_tracker import FaceMeshTracker
from x2c_training.data.tracked_motion import expressions, toward_tracked, tracked_motions
from x2c_training.data.transferrer import TransferChoice, Transferrer
from x2c_training.errors import PreparationError
from x2c_virtual_face.errors import RobotMismatchError
from x2c_virtual_face.virtual_face import VirtualFace

_SMALL = 64
_DIGITS = 4
_PROBE = {"Jaw Pitch": 0.4, "Head Yaw": 0.2, "Eyelid Upper Left": -0.2, "Gaze Target Phi": 0.5}


class LandmarkTransferrer(Transferrer):
    """Transfer expressions of the virtual humanoid onto its neutral image, by landmarks.

    Args:
        choice: Robot and motion transfer.
        config: Configuration of the network: images are made as it sees them at run time.

    Raises:
        PreparationError: The robot cannot be simulated, so the pose of its head is unknown.
        TransferError: The robot's folder lacks what motion transfer needs.
    """

    def __init__(self, choice: TransferChoice, config: NetworkConfig) -> None:
        robot = load_robot(choice.robot)
        try:
            self._face = VirtualFace(robot)
        except RobotMismatchError as error:
            raise PreparationError(
                f"the robot {robot.name!r} cannot be simulated, so its expressions cannot be "
                "transferred; train without: data.transferred no"
            ) from error
        self._robot = robot
        self._motion = _motion(choice, config)
        self._config = config
        self._landmark_motion = LandmarkMotion(read_neutral(robot)[1])
        neutral = self._shown(controls.NEUTRAL)
        self._motion.calibrate(Observation.of_landmarks(neutral).face)
        self._landmark_motion.calibrate(neutral)

    def image(self, pair: Pair) -> ImageBatch:
        """Return the transferred image (size, size, 3) RGB of a pair.

        Raises:
            PreparationError: The pair has no landmarks.
        """
        return self._transfer(self._seen(pair))

    def motion(self, pair: Pair) -> Motions:
        """Return the motion (MOTION_COUNT,) of a pair's landmarks, nearly as if tracked.

        Raises:
            PreparationError: The pair has no landmarks.
            RobotError: The robot has no expression model.
        """
        return self._as_tracked(self._landmark_motion.measure(self._seen(pair)))

    def probe(self) -> ImageBatch:
        """Return the image of an expression that is always the same."""
        return self._transfer(self._of_probe())

    def probe_motion(self) -> Motions:
        """Return the motion (MOTION_COUNT,) of the same expression."""
        return self._as_tracked(self._landmark_motion.measure(self._of_probe()))

    def _as_tracked(self, motion: Motions) -> Motions:
        return np.asarray(motion @ self.tracking, dtype=np.float32)

    @cached_property
    def tracking(self) -> Array:
        """Matrix (MOTION_COUNT, MOTION_COUNT) that brings exact motions closer to tracked ones."""
        model = load_expression_model(self._robot.expression_model)
        values = expressions(self._robot.followed)
        exact = np.array([self._landmark_motion.measure(self._shown(one)) for one in values])
        return toward_tracked(exact, tracked_motions(model, read_neutral(self._robot)[1], values))

    def _of_probe(self) -> Array:
        return self._shown(controls.from_names(_PROBE))

    def _shown(self, values: Array) -> Array:
        """Return the landmarks (478, 3) [pixel] of the robot with control values (30,)."""
        pose = self._pose(values)
        return pose.to_pixels(self._face.landmarks())

    def _seen(self, pair: Pair) -> Array:
        """Return a pair's landmarks (478, 3) [pixel] as a camera in front of it sees them."""
        if pair.landmarks is None:
            raise PreparationError("it has no landmarks, without which it cannot be transferred")
        return self._pose(pair.values).to_pixels(pair.landmarks)

    def _transfer(self, landmarks: Array) -> ImageBatch:
        image = self._motion.animate(Observation.of_landmarks(landmarks))
        return np.asarray(fit(image[None], self._config)[0])

    def _pose(self, values: Array) -> HeadPose:
        """Return how the head is seen from the front, with control values (30,)."""
        self._face.set_positions(self._robot.joint_targets(values))
        projection = self._face.projection()
        right, down, depth = projection[:, 3]
        middle = np.array([right / depth, down / depth, 0.0])
        scale = self._face.focal_length / depth
        return HeadPose(FACING @ self._face.head_rotation(), middle, scale)


class ImageTransferrer(Transferrer):
    """Transfer the expressions of a robot's images onto its neutral image.

    Args:
        choice: Robot, and motion transfer that needs images.
        config: Configuration of the network: images are made as it sees them at run time.

    Raises:
        X2CError: The motion transfer lacks something, or the robot has no neutral image.
    """

    def __init__(self, choice: TransferChoice, config: NetworkConfig) -> None:
        self._config = config
        self._motion = _motion(choice, config)
        self._motion.calibrate_on(_seen(*read_neutral(load_robot(choice.robot))))
        self._tracker = FaceMeshTracker()

    def image(self, pair: Pair) -> ImageBatch:
        """Return the transferred image (size, size, 3) RGB of a pair.

        Raises:
            PreparationError: No face is found in its image.
        """
        rgb = pair.read_image()
        landmarks = track_single(self._tracker, rgb)
        if landmarks is None:
            raise PreparationError("no face is found in its image, so it cannot be transferred")
        image = self._motion.animate(_seen(rgb, landmarks))
        return np.asarray(fit(image[None], self._config)[0])

    def close(self) -> None:
        """Release the tracker."""
        self._tracker.close()


def make_transferrer(choice: TransferChoice, config: NetworkConfig) -> Transferrer:
    """Return what transfers the expressions of a data set onto a robot's neutral image.

    Raises:
        X2CError: The robot or the motion transfer cannot be used.
    """
    made = ImageTransferrer if choice.sees_images else LandmarkTransferrer
    return made(choice, config)


def transfer_key(choice: TransferChoice, config: NetworkConfig) -> str:
    """Return a fingerprint of the images, and motions, that a robot's transfer makes.

    Raises:
        X2CError: The robot or the motion transfer cannot be used.
    """
    if not choice.sees_images:
        # It is made of an image, not of a version: whatever changes images changes it.
        transferrer = LandmarkTransferrer(choice, config)
        digest = hashlib.sha256(transferrer.probe().tobytes())
        if config.landmarks:
            # Computed otherwise on another processor, its last digits differ.
            digest.update((np.round(transferrer.probe_motion(), _DIGITS) + 0.0).tobytes())
        return digest.hexdigest()
    # Networks take long, and may round otherwise from one time to the next.
    options = chosen_options(TRANSFERS, choice.name, choice.options)
    made_by = TRANSFERS.load(choice.name).fingerprint(options)
    known = json.dumps([choice.name, made_by])
    digest = hashlib.sha256(known.encode())
    for array in read_neutral(load_robot(choice.robot)):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def why_not(choice: TransferChoice, has_landmarks: bool) -> str:
    """Return why a data set's expressions cannot be transferred onto a robot; empty if they can.

    Args:
        choice: Robot and motion transfer.
        has_landmarks: Whether the data set has landmarks.
    """
    if not has_landmarks and not choice.sees_images:
        return "the data set has no landmarks"
    try:
        transfer_key(choice, NetworkConfig(image_size=_SMALL))
    except X2CError as error:
        return str(error)
    return ""


def _motion(choice: TransferChoice, config: NetworkConfig) -> MotionTransfer:
    return make_transfer(choice.name, load_robot(choice.robot), config.whole_size, choice.options)


def _seen(rgb: ImageArray, landmarks: Array) -> Observation:
    """Return the observation of a face with landmarks (478, 3) in an image (h, w, 3) RGB."""
    face = Observation.of_landmarks(landmarks).face
    return Observation(face, face_crop(np.ascontiguousarray(rgb[:, :, ::-1]), face))
