# SPDX-License-Identifier: Apache-2.0
"""Tracking and imitation of recorded frames, from the frames to curves of control values.

The stages are those of the nodes; only messages are missing.
"""

from __future__ import annotations

import dataclasses
import queue
import threading
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from x2c_bags.frames.frame_source import Frame, FrameSource
from x2c_core.arrays import Array
from x2c_core.control_space import controls
from x2c_core.errors import LandmarkError, X2CError
from x2c_core.face.descriptors import Descriptor, describe_found
from x2c_core.face.frames import ControlFrame, Face, FaceState
from x2c_core.files.issues import Issues
from x2c_core.robot.robot import Robot
from x2c_evaluation.pipeline.frame_curves import FrameCurves
from x2c_evaluation.pipeline.settings import EvaluationSettings, NeutralSource
from x2c_imitation.backends import make_imitator
from x2c_imitation.pipeline.imitation_stage import ImitationStage
from x2c_imitation.pipeline.observation import Need
from x2c_perception.errors import PersonError
from x2c_perception.tracking.tracking_settings import TrackingSettings
from x2c_perception.tracking_stage import TrackedFrame, TrackingStage

T = TypeVar("T")

REPORTED_EVERY = 10
"""Frames between two reports of progress."""

_AHEAD = 8
"""Frames that are made ready before they are asked for."""

_INTEGERS = 5
_SCALARS = 2
_CONTROLS = _SCALARS + len(Descriptor)
"""Index of the first control value among a frame's numbers."""
_FIRST_PASS = 60 * 10**9
"""Time after which a neutral face hardly changes any more [ns]."""


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
            tracking = dataclasses.replace(
                tracking, person="", neutral_file="", automatic_calibration=False
            )
        self._tracking = TrackingStage(tracking)
        imitation = settings.imitation
        imitator = make_imitator(settings.backend, robot, vars(settings.options))
        self._imitation = ImitationStage(imitator, imitation.timing, imitation.mirror)
        if not known:
            if tracking.neutral_file:
                self._tracking.load()
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
    def rotation(self) -> int:
        """Clockwise turn of the images before tracking [deg]."""
        return self._tracking.rotation

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


class Gathered:
    """Take frames one after another. An hour has 100 000: landmarks are not kept."""

    def __init__(self) -> None:
        self._integers, self._numbers = array("q"), array("d")

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self._integers) // _INTEGERS

    def add(self, index: int, stamp: int, output: PipelineOutput) -> None:
        """Take a frame.

        Args:
            index: Its place among the recording's frames.
            stamp: Stamp of the camera image [ns].
            output: Output of the pipeline for it.
        """
        face, frame = output.face, output.frame
        found = face.pose is not None and face.state is FaceState.TRACKING
        scale = face.pose.scale if face.pose is not None and found else np.nan
        self._integers.extend((index, stamp, int(face.state), face.track_id, int(frame.state)))
        self._numbers.extend((face.confidence, scale))
        for row in (output.described, frame.values):
            self._numbers.frombytes(np.asarray(row, dtype=np.float64).tobytes())

    def curves(self) -> FrameCurves:
        """Return all frames as arrays."""
        integers = np.array(self._integers, dtype=np.int64).reshape(-1, _INTEGERS)
        numbers = np.array(self._numbers, dtype=np.float64)
        numbers = numbers.reshape(-1, _CONTROLS + controls.COUNT)
        # Columns of their own, so that sums over them are rounded as ever.
        index, stamps, face_states, persons, control_states = integers.T.copy()
        confidence, eye_distance = numbers[:, :_SCALARS].T.copy()
        return FrameCurves(
            index=index,
            stamps=stamps,
            face_states=face_states,
            persons=persons,
            confidence=confidence,
            eye_distance=eye_distance,
            described=numbers[:, _SCALARS:_CONTROLS].copy(),
            values=numbers[:, _CONTROLS:].copy(),
            control_states=control_states,
        )


@dataclass(frozen=True)
class Imitated:
    """A recording after its way through the pipeline.

    Attributes:
        curves: Curves of faces and commands.
        read: Frames that were there.
        unusable: Frames of these that could not be worked on.
        neutral_at: Time of the first neutral face since the beginning [s]; None for never.
        rotation: Clockwise turn by which the images are upright [deg].
        turns: Those of single images, by index of the frame.
    """

    curves: FrameCurves
    read: int
    unusable: int
    neutral_at: float | None
    rotation: int = 0
    turns: Mapping[int, int] = field(default_factory=dict)

    def turn_of(self, index: int) -> int:
        """Return the clockwise turn by which the image of a frame is upright [deg]."""
        return self.turns.get(index, self.rotation)


def imitate(
    source: FrameSource,
    settings: EvaluationSettings,
    robot: Robot,
    issues: Issues,
    progress: Callable[[int], None] = lambda done: None,
) -> Imitated:
    """Return what the robot shall show for each frame.

    Args:
        source: Source of the frames.
        settings: Settings of the pipeline.
        robot: Robot that imitates.
        issues: Takes what cannot be worked on.
        progress: Called now and then with the number of frames.

    Raises:
        X2CError: Robot or backend cannot be used.
    """
    neutral = None
    if settings.calibration is NeutralSource.BEFORE:
        with closing(ahead(source.frames())) as frames:  # type: ignore[type-var]
            neutral = find_neutral(frames, settings.tracking.settings)
    gathered = Gathered()
    read, neutral_at = 0, None if neutral is None else 0.0
    pipeline = OfflinePipeline(settings, robot, neutral, automatic=not source.has_neutral)
    first: int | None = None
    # One thread decodes, one tracks, this one imitates.
    with closing(pipeline), closing(ahead(_tracked(source, pipeline))) as every:  # type: ignore[type-var]
        for frame, tracked in every:
            if frame.is_neutral:
                if frame.face is not None:
                    pipeline.calibrate(frame.face)
                    neutral_at = neutral_at or 0.0
                continue
            read = max(read, frame.index + 1)
            try:
                if isinstance(tracked, X2CError):
                    raise tracked
                output = pipeline.imitate(tracked, frame.stamp)
            except X2CError as error:
                issues.add(f"a frame could not be worked on: {error}")
                continue
            if output.jumped:
                issues.add("stamps jumped: filters were reset, as in the nodes", loss=False)
            first = frame.stamp if first is None else first
            if output.neutral is not None and neutral_at is None:
                neutral_at = (frame.stamp - first) * 1e-9
            gathered.add(frame.index, frame.stamp, output)
            if len(gathered) % REPORTED_EVERY == 0:
                progress(read)
    if turn := pipeline.recognised_rotation:
        issues.add(turn, loss=False)
    progress(read)
    unusable = read - len(gathered)
    return Imitated(gathered.curves(), read, unusable, neutral_at, pipeline.rotation)


def find_neutral(frames: Iterable[Frame], tracking: TrackingSettings | None = None) -> Face | None:
    """Return the neutral face that is estimated in the end, at most after a minute; None for none.

    Args:
        frames: Frames from the beginning.
        tracking: Settings of tracking; by default those of the node.
    """
    settings = tracking or TrackingSettings()
    stage = TrackingStage(dataclasses.replace(settings, person="", automatic_calibration=True))
    found: Face | None = None
    first: int | None = None
    with closing(stage):
        for frame in frames:
            if frame.is_neutral:
                continue
            first = frame.stamp if first is None else first
            if frame.stamp - first > _FIRST_PASS:
                break
            with suppress(X2CError):
                neutral = _track(stage, frame).neutral
                if neutral is not None:
                    found = neutral
    return found


def ahead(frames: Iterator[T]) -> Iterator[T]:
    """Yield what another thread makes meanwhile, in the same order."""
    waiting: queue.Queue[Any] = queue.Queue(_AHEAD)
    stop = threading.Event()

    def put(item: Any) -> None:
        while not stop.is_set():
            with suppress(queue.Full):
                waiting.put(item, timeout=0.1)
                return

    def read() -> None:
        try:
            with closing(frames):  # type: ignore[type-var]
                for frame in frames:
                    put(frame)
                    if stop.is_set():
                        return
            put(None)
        except BaseException as error:
            put(error)

    thread = threading.Thread(target=read, name="frames", daemon=True)
    thread.start()
    try:
        while (item := waiting.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stop.set()
        thread.join()


def _tracked(
    source: FrameSource, pipeline: OfflinePipeline
) -> Iterator[tuple[Frame, TrackedFrame | X2CError]]:
    """Yield each frame, without its image, and the face in it or why there is none."""
    nothing = X2CError("a neutral face is no frame")
    with closing(ahead(source.frames())) as frames:  # type: ignore[type-var]
        for frame in frames:
            tracked: TrackedFrame | X2CError = nothing
            if not frame.is_neutral:
                try:
                    tracked = pipeline.track(frame)
                except X2CError as error:
                    tracked = error
            yield dataclasses.replace(frame, image=None), tracked


def _track(stage: TrackingStage, frame: Frame) -> TrackedFrame:
    if frame.image is not None:
        return stage.track(frame.image, frame.stamp)
    if frame.face is not None:
        return stage.take(frame.face, frame.stamp)
    raise LandmarkError("a frame has neither an image nor a face")
