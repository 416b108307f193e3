# SPDX-License-Identifier: Apache-2.0
"""The way from a picture to control values: the nodes' pure parts, without messages."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from x2c_bags.frames.frame_source import Frame
from x2c_core.errors import LandmarkError, X2CError
from x2c_core.face.descriptors import Descriptor, describe
from x2c_core.face.frames import ControlFrame, Face, FaceState
from x2c_core.face.head_pose import fit_head_pose
from x2c_core.robot.robot import Robot
from x2c_evaluation.pipeline.seen import seen
from x2c_evaluation.pipeline.settings import EvaluationSettings
from x2c_imitation.backends import make_imitator
from x2c_imitation.pipeline.face_loss import FaceLossTiming
from x2c_imitation.pipeline.imitation_pipeline import ImitationPipeline
from x2c_perception.errors import PersonError
from x2c_perception.face_tracker_parameters import FaceTrackerParameters
from x2c_perception.neutral.neutral_keeper import NeutralKeeper
from x2c_perception.neutral.person_store import PersonStore, persons_folder
from x2c_perception.tracking.mediapipe_tracker import MediaPipeTracker
from x2c_perception.tracking.person_tracker import PersonTracker
from x2c_perception.tracking.tracker import DetectedFace, FaceTracker

Array = NDArray[np.float64]
ImageArray = NDArray[np.uint8]


@dataclass(frozen=True)
class PipelineOutput:
    """What was seen in one frame, and what the robot shall show.

    Attributes:
        face: The person's face as it is published, smoothed.
        described: (17,) descriptors before smoothing; NaN where no face is found.
        frame: For the robot.
        neutral: The person's neutral face, where there is a new one from now on.
    """

    face: Face
    described: Array
    frame: ControlFrame
    neutral: Face | None


@dataclass(frozen=True)
class TrackedFrame:
    """A face in one frame.

    Attributes:
        tracked: As the tracker follows it.
        face: As it is after its way through a message.
        described: (17,) descriptors before smoothing; NaN where no face is found.
    """

    tracked: Face
    face: Face
    described: Array


class TrackingStage:
    """From pictures to a face, as face_tracker_node does it.

    Args:
        params: Of the tracker.
    """

    def __init__(self, params: FaceTrackerParameters) -> None:
        self._tracker = _Overheard(
            MediaPipeTracker(
                params.max_faces,
                params.minimum_detection_confidence,
                params.minimum_tracking_confidence,
            )
        )
        self._person_tracker = PersonTracker(self._tracker, params.person_patience, params.regions)

    def restart(self) -> None:
        """Forget where the face was, as after a jump in time."""
        self._person_tracker.restart()

    def track(self, image: ImageArray, now: float) -> tuple[Face, Array]:
        """Return the face in a picture (height, width, 3), BGR, and descriptors (17,) of it.

        Raises:
            TrackerError: The picture cannot be worked on; the next one can.
        """
        face = self._person_tracker.follow(image, now)
        return face, seen(self._tracker.found)

    def close(self) -> None:
        """Let go of the models."""
        self._tracker.close()


class Pipeline:
    """From frames to control values, with one person.

    Args:
        settings: Of everything.
        robot: That imitates.
        neutral: The person's neutral face, where it is known already and stays.
        automatic: Whether a neutral face is looked for, where none is given.

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
        imitation = settings.imitation
        timing = FaceLossTiming(imitation.hold_time, imitation.ease_time, imitation.recovery_time)
        self._settings = settings
        self._mirror = imitation.mirror
        self._imitation = ImitationPipeline(
            make_imitator(settings.backend, robot, imitation.backend_options), timing
        )
        self._tracking: TrackingStage | None = None
        person = settings.tracking.person
        looks = automatic and neutral is None and settings.tracking.automatic_calibration
        self._keeper = NeutralKeeper(PersonStore(persons_folder()), person, looks)
        if neutral is not None:
            self.calibrate(neutral)
        elif automatic:
            self._load_person()

    @property
    def calibrating(self) -> bool:
        """Whether a neutral face is being looked for."""
        return self._keeper.running

    def calibrate(self, neutral: Face) -> None:
        """Take a face as the person's neutral one.

        Raises:
            X2CError: It cannot be used.
        """
        self._imitation.calibrate(neutral)

    def restart(self) -> None:
        """Forget what was shown, as imitation_node does after a jump in time."""
        self._imitation.restart()

    def track_frame(self, frame: Frame, now: float, jumped: bool = False) -> TrackedFrame:
        """Return the face in a frame; may run in another thread, ahead of `answer`.

        Args:
            frame: With a picture, or with a face.
            now: Its time [s].
            jumped: Whether time has jumped, so that what was seen before means nothing.

        Raises:
            X2CError: The picture cannot be worked on; the next one can.
        """
        if frame.image is not None:
            if self._tracking is None:
                self._tracking = TrackingStage(self._settings.tracking)
            if jumped:
                self._tracking.restart()
            tracked, described = self._tracking.track(frame.image, now)
            return TrackedFrame(tracked, as_received(tracked), described)
        if frame.face is not None:
            return TrackedFrame(frame.face, frame.face, _described(frame.face))
        raise LandmarkError("a frame has neither a picture nor a face")

    def answer(self, tracked: TrackedFrame, now: float) -> PipelineOutput:
        """Return what the robot shall show for a face.

        Raises:
            X2CError: The face cannot be worked on.
        """
        # The neutral face reaches the imitator after the face it came with.
        shown = self._imitation.follow(tracked.face, now, self._mirror)
        found = self._keeper.add(tracked.tracked, now)
        neutral = None
        if found is not None:
            neutral = as_received(found.as_face(tracked.face.track_id))
            self._imitation.calibrate(neutral)
        return PipelineOutput(tracked.face, tracked.described, shown, neutral)

    def follow(self, frame: Frame, now: float) -> PipelineOutput:
        """Return what is seen in a frame, and what the robot shall show.

        Args:
            frame: With a picture, or with a face.
            now: Its time [s].

        Raises:
            X2CError: The picture or the face in it cannot be worked on.
        """
        return self.answer(self.track_frame(frame, now), now)

    def close(self) -> None:
        """Let go of the tracker's models."""
        if self._tracking is not None:
            self._tracking.close()

    def _load_person(self) -> None:
        try:
            known = self._keeper.load()
        except PersonError:
            # As the node: it is calibrated anew.
            return
        if known is not None:
            self.calibrate(as_received(known.as_face(0)))


def as_received(face: Face) -> Face:
    """Return a face as it comes out of a message: float32 landmarks, and the pose they have."""
    landmarks = face.landmarks.astype(np.float32).astype(np.float64)
    tracked = face.state is FaceState.TRACKING
    pose = fit_head_pose(landmarks) if tracked or landmarks.any() else None
    return replace(face, landmarks=landmarks, pose=pose)


def find_neutral(frames: Iterable[Frame], tracking: FaceTrackerParameters) -> Face | None:
    """Return the neutral face that a person is calibrated to in the end.

    Args:
        frames: From the beginning.
        tracking: The tracker's parameters.
    """
    tracking_stage = TrackingStage(tracking)
    keeper = NeutralKeeper(PersonStore(persons_folder()), "", automatic=True)
    found: Face | None = None
    try:
        for frame in frames:
            now = frame.stamp * 1e-9
            with suppress(X2CError):
                face = (
                    tracking_stage.track(frame.image, now)[0]
                    if frame.image is not None
                    else frame.face
                )
                if face is None or frame.is_neutral:
                    continue
                neutral = keeper.add(face, now)
                if neutral is not None:
                    found = as_received(neutral.as_face(face.track_id))
                    if not keeper.running:
                        break
    finally:
        tracking_stage.close()
    return found


def _described(face: Face) -> Array:
    if face.state is FaceState.TRACKING and face.pose is not None:
        return describe(face.landmarks, face.pose)
    return np.full(len(Descriptor), np.nan)


class _Overheard(FaceTracker):
    """Passes on what a tracker finds, and keeps it."""

    def __init__(self, tracker: FaceTracker) -> None:
        self._tracker = tracker
        self.found: list[DetectedFace] = []

    def track(self, rgb: ImageArray) -> list[DetectedFace]:
        self.found = self._tracker.track(rgb)
        return self.found

    def close(self) -> None:
        self._tracker.close()
