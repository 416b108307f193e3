# SPDX-License-Identifier: Apache-2.0
"""Run all frames of a recording through the pipeline."""

from __future__ import annotations

import dataclasses
from array import array
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass

import numpy as np

from x2c_bags.frames.frame_source import Frame, FrameSource, ahead
from x2c_core.control_space import controls
from x2c_core.errors import X2CError
from x2c_core.face.descriptors import Descriptor
from x2c_core.face.frames import FaceState
from x2c_core.files.issues import Issues
from x2c_core.robot.robot import Robot
from x2c_evaluation.offline.results.curves import FrameCurves
from x2c_evaluation.pipeline.offline_pipeline import OfflinePipeline, PipelineOutput, find_neutral
from x2c_evaluation.pipeline.settings import EvaluationSettings, NeutralSource
from x2c_perception.tracking_stage import TrackedFrame

_TOLD_EVERY = 10
"""Frames between two reports of progress."""

_INTEGERS = 5
_SCALARS = 2
_CONTROLS = _SCALARS + len(Descriptor)
"""Index of the first control value among a frame's numbers."""


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
    """

    curves: FrameCurves
    read: int
    unusable: int
    neutral_at: float | None


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
            if len(gathered) % _TOLD_EVERY == 0:
                progress(read)
    if turn := pipeline.recognised_rotation:
        issues.add(turn, loss=False)
    progress(read)
    return Imitated(gathered.curves(), read, read - len(gathered), neutral_at)


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
