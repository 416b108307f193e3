# SPDX-License-Identifier: Apache-2.0
"""The way from a person's picture to control values: the nodes' pure parts, without messages."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from x2c_bags.frames.frame_source import Frame
from x2c_core.face.frames import ControlFrame, ControlState, Face
from x2c_core.robot.robot import Robot
from x2c_evaluation.pipeline.pipeline import Pipeline
from x2c_evaluation.pipeline.pipeline import find_neutral as find_neutral_in
from x2c_evaluation.pipeline.settings import EvaluationSettings
from x2c_imitation.backends import BackendOptions
from x2c_imitation.imitation_node import ImitationParameters
from x2c_perception.face_tracker_parameters import FaceTrackerParameters

Array = NDArray[np.float64]
ImageArray = NDArray[np.uint8]


@dataclass(frozen=True)
class OfflineOutput:
    """What was seen in one picture, and what the robot shall show.

    Attributes:
        described: (17,) descriptors of the person before smoothing; NaN where no face is found.
        face: The person's face as it is published, smoothed.
        frame: For the robot.
        following: Whether a neutral face is known and the face was found.
    """

    described: Array
    face: Face
    frame: ControlFrame
    following: bool


class OfflinePipeline:
    """Watches one person and says what the robot shall show, as tracker and imitation node do.

    Args:
        robot: That imitates.
        backend: How faces become control values.
        options: Of the backend.
        neutral: The person's neutral face, where it is known already; else it is found while
            the person does as people do.
        settings: In place of backend and options: these, and the nodes' parameters.

    Raises:
        ImitationError: No backend has this name, or its options cannot be.
        RobotError: The robot's folder lacks what the backend needs.
    """

    def __init__(
        self,
        robot: Robot,
        backend: str,
        options: BackendOptions | None = None,
        neutral: Face | None = None,
        settings: EvaluationSettings | None = None,
    ) -> None:
        chosen = settings or _settings(robot, backend, options or BackendOptions())
        self._pipeline = Pipeline(chosen, robot, neutral)

    def watch(self, image: ImageArray, now: float) -> OfflineOutput:
        """Return what is seen in a picture.

        Args:
            image: (height, width, 3) BGR.
            now: Its time [s].

        Raises:
            X2CError: The picture or the face in it cannot be worked on.
        """
        nanoseconds = round(now * 1e9)
        output = self._pipeline.follow(Frame(0, nanoseconds, nanoseconds, image), now)
        return OfflineOutput(
            described=output.described,
            face=output.face,
            frame=output.frame,
            following=output.frame.state is ControlState.TRACKING,
        )

    def close(self) -> None:
        """Let go of the tracker's models."""
        self._pipeline.close()


def find_neutral(images: Iterable[ImageArray], period: float) -> Face | None:
    """Return the neutral face that a person who shows this clip is calibrated to in the end.

    Args:
        images: (height, width, 3) BGR.
        period: Time between them [s].
    """
    frames = (
        Frame(place, round(place * period * 1e9), 0, image) for place, image in enumerate(images)
    )
    return find_neutral_in(frames, FaceTrackerParameters())


def _settings(robot: Robot, backend: str, options: BackendOptions) -> EvaluationSettings:
    imitation = ImitationParameters(backend=backend, **dataclasses.asdict(options))
    return EvaluationSettings(robot.folder, FaceTrackerParameters(), imitation)
