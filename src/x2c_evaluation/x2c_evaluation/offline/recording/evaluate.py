# SPDX-License-Identifier: Apache-2.0
"""The evaluation of one recording, as a function: nothing is written, everything is returned.

So it runs in this process, in a pool of processes, or on another machine alike.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from contextlib import closing

from threadpoolctl import threadpool_limits

from x2c_bags.frames.frame_source import FrameSource
from x2c_core.errors import X2CError
from x2c_core.files.issues import Issues
from x2c_evaluation.offline.recording.beside import import_beside
from x2c_evaluation.offline.recording.job import EvaluationJob, EvaluationOutcome, failure
from x2c_evaluation.offline.sources.choice import open_frames
from x2c_evaluation.offline.tracking.remote_tracking import RemoteRecording, RemoteTracking
from x2c_evaluation.offline.tracking.tracking_process import TrackingProcess
from x2c_evaluation.offline.visuals.studio import RobotStudio
from x2c_evaluation.pipeline.offline_pipeline import TrackingThread, imitate
from x2c_evaluation.pipeline.tracked_frames import FrameTracking, TrackingWish
from x2c_evaluation.pipeline.turns import short_turns

Progress = Callable[[int], None]

_LATER = ("x2c_evaluation.offline.recording.outcome", "pyarrow.parquet", "pyarrow.compute")
"""Modules for what comes after the last frame."""


def evaluate(
    job: EvaluationJob,
    progress: Progress = lambda done: None,
    process: TrackingProcess | None = None,
) -> EvaluationOutcome:
    """Evaluate a recording; what goes wrong is in the outcome.

    Args:
        job: Recording and settings.
        progress: Called now and then with the number of frames worked on.
        process: Decodes and tracks, with the same results as threads of this process; unused for
            single images.
    """
    started = time.monotonic()
    issues = Issues()
    try:
        # As in the nodes. With more threads sums are rounded otherwise, and results depend on how
        # many the machine has.
        with threadpool_limits(limits=1, user_api="blas"), short_turns():
            outcome = _evaluate(job, issues, progress, process)
    except (X2CError, OSError) as error:
        outcome = failure(job, str(error), issues)
    return dataclasses.replace(outcome, seconds=time.monotonic() - started)


def _evaluate(
    job: EvaluationJob, issues: Issues, progress: Progress, process: TrackingProcess | None
) -> EvaluationOutcome:
    settings, robot = job.settings, job.settings.robot()
    source = open_frames(job.source, job.topic, settings.calibration)
    with closing(RobotStudio(robot)) as studio:

        def track(source: FrameSource, wish: TrackingWish) -> FrameTracking:
            if process is None:
                tracking: FrameTracking = TrackingThread(source, wish)
            else:
                recording = RemoteRecording(job.source, job.topic, settings.calibration)
                tracking = RemoteTracking(process, recording, source, wish)
            get_ready()
            return tracking

        def get_ready() -> None:
            # What comes after the last frame, beside the work of others.
            studio.get_ready()
            import_beside(*_LATER)

        if source.is_independent:
            from x2c_evaluation.pipeline.single_images import imitate_images

            get_ready()
            imitated = imitate_images(source, settings, robot, issues, progress)
        else:
            imitated = imitate(source, settings, robot, issues, progress, track)
        from x2c_evaluation.offline.recording.outcome import outcome_of

        return outcome_of(job, source, imitated, robot, studio, issues)
