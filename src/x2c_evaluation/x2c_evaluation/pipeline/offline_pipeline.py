# SPDX-License-Identifier: Apache-2.0
"""Tracking and imitation of recorded frames: the stages of the nodes, without messages."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass

from x2c_bags.frames.frame_source import Frame
from x2c_core.arrays import Array, ImageArray
from x2c_core.errors import LandmarkError, X2CError
from x2c_core.face.descriptors import describe_found
from x2c_core.face.frames import ControlFrame, Face
from x2c_core.robot.robot import Robot
from x2c_evaluation.pipeline.settings import EvaluationSettings
from x2c_imitation.backends import make_imitator
from x2c_imitation.pipeline.imitation_stage import ImitationStage
from x2c_imitation.pipeline.observation import Need
from x2c_perception.errors import PersonError
from x2c_perception.tracking.tracking_settings import TrackingSettings
from x2c_perception.tracking_stage import TrackedFrame, TrackingStage


@dataclass(frozen=True)
class PipelineOutput:
    """Result of the pipeline for one frame.

    Attributes:
        face: Smoothed face of the person, as it is published.
        described: (17,) descriptors before smoothing; NaN where no face is found.
        frame: Control values for the robot.
        neutral: New neutral face that counts from the next frame on; None mostly.
        jumped: Whether stamps jumped, so that filters restarted.
    """

    face: Face
    described: Array
    frame: ControlFrame
    neutral: Face | None = None
    jumped: bool = False


class OfflinePipeline:
    """Tracking stage and imitation stage in a row.

    Args:
        settings: Settings of the stages.
        robot: Robot to imitate with.
        neutral: Neutral face of the person, if it is known; it stays.
        automatic: Whether the neutral face is looked for, if it is not given.

    Raises:
        X2CError: Robot or backend cannot be used.
    """

    def __init__(
        self,
        settings: EvaluationSettings,
        robot: Robot,
        neutral: Face | None = None,
        automatic: bool = True,
    ) -> None:
        tracking = settings.tracking.settings
        known = neutral is not None or not automatic
        if known:
            tracking = dataclasses.replace(tracking, person="", automatic_calibration=False)
        self._tracking = TrackingStage(tracking)
        imitation = settings.imitation
        imitator = make_imitator(settings.backend, robot, vars(settings.options))
        self._imitation = ImitationStage(imitator, imitation.timing, imitation.mirror)
        if not known:
            # A file that cannot be read is no obstacle: the node calibrates again, too.
            with suppress(PersonError):
                neutral = self._tracking.load_person()
        if neutral is not None:
            self.calibrate(neutral)

    def calibrate(self, neutral: Face) -> None:
        """Take a face as the person's neutral one from the next frame on.

        Raises:
            X2CError: It cannot be used.
        """
        self._imitation.calibrate(neutral)

    @property
    def recognised_rotation(self) -> str:
        """Sentence about a turn of the camera that was recognised; empty for none."""
        return self._tracking.recognised_rotation

    def track(self, frame: Frame) -> TrackedFrame:
        """Return the face in the next frame; may run in another thread, ahead of `imitate`.

        Args:
            frame: Frame with an image, or with a recorded face.

        Raises:
            X2CError: The frame cannot be used; the next one can.
        """
        return _track(self._tracking, frame)

    def imitate(self, tracked: TrackedFrame, stamp: int) -> PipelineOutput:
        """Return the control values for the next face.

        Args:
            tracked: Result of `track`.
            stamp: Time of its image [ns].

        Raises:
            X2CError: The face cannot be used.
        """
        image = tracked.crop if Need.IMAGE in self._imitation.needs else None
        frame = self._imitation.follow(tracked.face, stamp, image)
        if tracked.neutral is not None:
            self._imitation.calibrate(tracked.neutral, stamp)
        return PipelineOutput(
            face=tracked.face,
            described=describe_found(tracked.detected),
            frame=frame,
            neutral=tracked.neutral,
            jumped=tracked.jumped,
        )

    def follow(self, frame: Frame) -> PipelineOutput:
        """Return the control values for the next frame.

        Args:
            frame: Frame with an image, or with a recorded face.

        Raises:
            X2CError: The frame cannot be used; the next one can.
        """
        return self.imitate(self.track(frame), frame.stamp)

    def close(self) -> None:
        """Free the models of the tracker."""
        self._tracking.close()


def find_neutral(frames: Iterable[Frame], tracking: TrackingSettings | None = None) -> Face | None:
    """Return the neutral face to which a person is calibrated in the end; None for none.

    Args:
        frames: Frames from the beginning.
        tracking: Settings of tracking; by default those of the node.
    """
    settings = tracking or TrackingSettings()
    stage = TrackingStage(dataclasses.replace(settings, person="", automatic_calibration=True))
    found: Face | None = None
    with closing(stage):
        for frame in frames:
            if frame.is_neutral:
                continue
            with suppress(X2CError):
                neutral = _track(stage, frame).neutral
                if neutral is not None:
                    found = neutral
                    if not stage.calibration.running:
                        break
    return found


def _track(stage: TrackingStage, frame: Frame) -> TrackedFrame:
    if frame.image is not None:
        return stage.track(frame.image, frame.stamp)
    if frame.face is not None:
        return stage.take(frame.face, frame.stamp)
    raise LandmarkError("a frame has neither an image nor a face")


def timed(images: Iterable[ImageArray], period: float) -> Iterator[Frame]:
    """Yield images as frames with stamps.

    Args:
        images: (height, width, 3) BGR each.
        period: Time between two images [s].
    """
    for index, image in enumerate(images):
        stamp = round(index * period * 1e9)
        yield Frame(index, stamp, stamp, image)
