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
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from x2c_bags.frames.frame_source import Frame, FrameSource
from x2c_core.arrays import Array
from x2c_core.control_space import controls
from x2c_core.errors import LandmarkError, X2CError
from x2c_core.face.descriptors import Descriptor, describe_found
from x2c_core.face.frames import ControlFrame, Face, FaceState, at_message_precision
from x2c_core.files.issues import Issues
from x2c_core.robot.robot import Robot
from x2c_evaluation.pipeline.frame_curves import FrameCurves
from x2c_evaluation.pipeline.neutral_source import NeutralSource
from x2c_evaluation.pipeline.tracked_frames import (
    FrameTracking,
    Sighting,
    Tracked,
    TrackingWish,
)
from x2c_perception.errors import PersonError
from x2c_perception.tracking.tracking_settings import TrackingSettings
from x2c_perception.tracking_stage import TrackedFrame, TrackingStage

if TYPE_CHECKING:
    from x2c_evaluation.pipeline.settings import EvaluationSettings

T = TypeVar("T")

AHEAD = 8
"""Items that are made ready before they are asked for."""

REPORTED_EVERY = 10
"""Frames between two reports of progress."""

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


class OfflineImitation:
    """Imitation stage for faces that are tracked elsewhere.

    Args:
        settings: Settings of the stage.
        robot: Robot to imitate with.

    Attributes:
        needs_crops: Whether the backend looks at images of the face.

    Raises:
        X2CError: Robot or backend cannot be used.
    """

    def __init__(self, settings: EvaluationSettings, robot: Robot) -> None:
        # Only here: a process that does no more than to track does without.
        from x2c_imitation.backends import make_imitator
        from x2c_imitation.pipeline.imitation_stage import ImitationStage
        from x2c_imitation.pipeline.observation import Need

        imitation = settings.imitation
        imitator = make_imitator(settings.backend, robot, vars(settings.options))
        self._stage = ImitationStage(imitator, imitation.timing, imitation.mirror)
        self.needs_crops = Need.IMAGE in imitator.needs

    def calibrate(self, neutral: Face) -> None:
        """Take a face as the person's neutral one from the next frame on.

        Raises:
            X2CError: It cannot be used.
        """
        self._stage.calibrate(neutral)

    def imitate(self, seen: Sighting, stamp: int) -> PipelineOutput:
        """Return the control values for the next face.

        Args:
            seen: The face.
            stamp: Time of its image [ns].

        Raises:
            X2CError: The face cannot be used.
        """
        # As the node publishes it; a recorded face has been through a message already.
        face = seen.smoothed if seen.is_recorded else at_message_precision(seen.smoothed)
        frame = self._stage.follow(face, stamp, seen.crop)
        if seen.neutral is not None:
            self._stage.calibrate(seen.neutral, stamp)
        return PipelineOutput(
            face=face,
            described=describe_found(seen.detected),
            frame=frame,
            neutral=seen.neutral,
            jumped=seen.jumped,
        )


class OfflinePipeline:
    """Tracking stage and imitation stage in a row.

    Args:
        settings: Settings of the stages.
        robot: Robot to imitate with.
        neutral: Neutral face of the person, if it is known; it stays.

    Raises:
        X2CError: Robot or backend cannot be used.
    """

    def __init__(
        self, settings: EvaluationSettings, robot: Robot, neutral: Face | None = None
    ) -> None:
        self._imitation = OfflineImitation(settings, robot)
        wish = TrackingWish(settings.tracking.settings, neutral is not None)
        self._tracking, saved = open_stage(wish)
        known = neutral or saved
        if known is not None:
            self._imitation.calibrate(known)

    def follow(self, frame: Frame) -> PipelineOutput:
        """Return the control values for the next frame.

        Args:
            frame: Frame with an image, or with a recorded face.

        Raises:
            X2CError: The frame cannot be used; the next one can.
        """
        seen = _sighting(track(self._tracking, frame), self._imitation.needs_crops)
        return self._imitation.imitate(seen, frame.stamp)

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
    tracking_of: Callable[[FrameSource, TrackingWish], FrameTracking] | None = None,
) -> Imitated:
    """Return what the robot shall show for each frame.

    Args:
        source: Source of the frames.
        settings: Settings of the pipeline.
        robot: Robot that imitates.
        issues: Takes what cannot be worked on.
        progress: Called now and then with the number of frames.
        tracking_of: Tracks the frames; None for threads of this process.

    Raises:
        X2CError: Robot or backend cannot be used, or what tracks has died.
    """
    neutral = None
    if settings.calibration is NeutralSource.BEFORE:
        with closing(ahead(source.frames())) as frames:  # type: ignore[type-var]
            neutral = find_neutral(frames, settings.tracking.settings)
    gathered = Gathered()
    read, neutral_at = 0, None if neutral is None else 0.0
    imitation = OfflineImitation(settings, robot)
    is_calibrated = neutral is not None or source.has_neutral
    wish = TrackingWish(settings.tracking.settings, is_calibrated, imitation.needs_crops)
    first: int | None = None
    with closing((tracking_of or TrackingThread)(source, wish)) as tracking:
        known = neutral or tracking.neutral()
        if known is not None:
            imitation.calibrate(known)
        with closing(tracking.frames()) as every:  # type: ignore[type-var]
            for frame, seen in every:
                if frame.is_neutral:
                    if frame.face is not None:
                        imitation.calibrate(frame.face)
                        neutral_at = neutral_at or 0.0
                    continue
                read = max(read, frame.index + 1)
                try:
                    if isinstance(seen, X2CError):
                        raise seen
                    output = imitation.imitate(seen, frame.stamp)
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
    if turn := tracking.recognised_rotation:
        issues.add(turn, loss=False)
    progress(read)
    unusable = read - len(gathered)
    return Imitated(gathered.curves(), read, unusable, neutral_at, tracking.rotation)


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
                neutral = track(stage, frame).neutral
                if neutral is not None:
                    found = neutral
    return found


def ahead(frames: Iterator[T], most: int = AHEAD) -> Iterator[T]:
    """Yield what another thread makes meanwhile, in the same order.

    Args:
        frames: A generator.
        most: Items that are made ready before they are asked for.
    """
    waiting: queue.Queue[Any] = queue.Queue(most)
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


class TrackingThread(FrameTracking):
    """One thread of this process decodes, another one tracks.

    Args:
        source: Source of the frames.
        wish: Settings of tracking, and what is wanted of it.
    """

    def __init__(self, source: FrameSource, wish: TrackingWish) -> None:
        self._source, self._wish = source, wish
        self._stage, self._neutral = open_stage(wish)

    def neutral(self) -> Face | None:
        """Return the neutral face; see the base class."""
        return self._neutral

    def frames(self) -> Iterator[Tracked]:
        """Yield all frames; see the base class."""
        with closing(ahead(self._tracked())) as every:  # type: ignore[type-var]
            yield from every
        self.rotation = self._stage.rotation
        self.recognised_rotation = self._stage.recognised_rotation

    def close(self) -> None:
        """Free the tracker."""
        self._stage.close()

    def _tracked(self) -> Iterator[Tracked]:
        nothing = X2CError("a neutral face is no frame")
        with closing(ahead(self._source.frames())) as frames:  # type: ignore[type-var]
            for frame in frames:
                seen: Sighting | X2CError = nothing
                if not frame.is_neutral:
                    try:
                        tracked = track(self._stage, frame)
                        seen = _sighting(tracked, self._wish.with_crops)
                    except X2CError as error:
                        seen = error
                yield dataclasses.replace(frame, image=None), seen


def open_stage(wish: TrackingWish) -> tuple[TrackingStage, Face | None]:
    """Return a tracking stage, and the neutral face of its file or person, or None.

    Raises:
        X2CError: The tracker cannot be used, or the person's name cannot be that of a file.
    """
    settings = wish.settings
    if wish.is_calibrated:
        settings = dataclasses.replace(
            settings, person="", neutral_file="", automatic_calibration=False
        )
    stage, neutral = TrackingStage(settings), None
    if settings.neutral_file:
        stage.load()
    if not wish.is_calibrated:
        # A file that cannot be read is no obstacle: the node calibrates again, too.
        with suppress(PersonError):
            neutral = stage.load_person()
    return stage, neutral


def track(stage: TrackingStage, frame: Frame) -> TrackedFrame:
    """Return the face in the next frame.

    Args:
        stage: Tracks.
        frame: Frame with an image, or with a recorded face.

    Raises:
        X2CError: The frame cannot be used; the next one can.
    """
    if frame.image is not None:
        return stage.track(frame.image, frame.stamp)
    if frame.face is not None:
        return stage.take(frame.face, frame.stamp)
    raise LandmarkError("a frame has neither an image nor a face")


def _sighting(tracked: TrackedFrame, with_crop: bool) -> Sighting:
    return Sighting(
        smoothed=tracked.smoothed,
        detected=tracked.detected,
        neutral=tracked.neutral,
        jumped=tracked.jumped,
        is_recorded=tracked.image is None,
        crop=tracked.crop if with_crop else None,
    )
