# SPDX-License-Identifier: Apache-2.0
"""Measure clips, one after another or in several processes."""

from __future__ import annotations

import contextlib
import dataclasses
import enum
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from x2c_bags.frames.frame_source import timed
from x2c_core.arrays import Array, ImageArray
from x2c_core.errors import X2CError
from x2c_core.face.descriptors import describe_found
from x2c_core.face.frames import Face
from x2c_core.images.image_decoding import read_image
from x2c_core.images.orientation import turned
from x2c_core.robot.robot import Robot
from x2c_core.system.parallel import Progress, work_through
from x2c_datasets.fit.image_tracking import track_views
from x2c_evaluation.errors import FidelityError
from x2c_evaluation.fidelity.babble import RATE, Babbler
from x2c_evaluation.fidelity.clip import ClipPerformance, perform
from x2c_evaluation.fidelity.judge.face_api import FaceApiJudge
from x2c_evaluation.fidelity.labels import UNKNOWN, ClipLabel
from x2c_evaluation.fidelity.measure import Clip, measure
from x2c_evaluation.pipeline.even_images import source_images, source_period
from x2c_evaluation.pipeline.offline_pipeline import find_neutral
from x2c_evaluation.pipeline.settings import default_settings
from x2c_perception.cameras.choice import choose_source
from x2c_perception.cameras.video.video_file import promised_images
from x2c_perception.tracking.face_mesh_tracker import FaceMeshTracker
from x2c_perception.tracking.upright_view import single_image_turn

_MOMENT = 0.15
"""Time for which a person who is said to be at rest is watched [s]."""

SELF = ""
"""Stands for the robot itself in place of a video."""


class NeutralTiming(enum.StrEnum):
    """Time at which the person's neutral face is found."""

    BEFORE = "before"
    """In a first run through the clip, as of a person who is known by name."""
    LIVE = "live"
    """While the robot imitates, as for a new person."""


@dataclass(frozen=True)
class FidelityJob:
    """Measurement to make.

    Attributes:
        video: Video as the user names it, or SELF.
        robot: Robot that imitates.
        backend: Imitation backend.
        calibration: Time at which the person's neutral face is found.
        seed: Random seed of the robot's own expressions.
        options: Values of the backend's options by name; None for the defaults.
        label: Label of the clip.
        judge: Folder of the judge's weights; None for no judge.
    """

    video: str
    robot: Robot
    backend: str
    calibration: NeutralTiming
    seed: int = 0
    options: Mapping[str, Any] | None = None
    label: ClipLabel = UNKNOWN
    judge: Path | None = None

    @property
    def name(self) -> str:
        """Short name for people and files."""
        return f"self_{self.seed}" if self.video == SELF else Path(self.video).stem

    def images(self) -> int | None:
        """Return how many images the clip has, or None where it does not say."""
        if self.video == SELF:
            return len(Babbler(self.robot, self.seed))
        path = Path(self.video)
        return promised_images(path) if path.is_file() else None


def measure_clips(
    jobs: Sequence[FidelityJob], processes: int, progress: Progress
) -> Iterator[tuple[int, Clip | str]]:
    """Yield each job's place with what was measured, or with why nothing could be.

    Args:
        jobs: Measurements to make.
        processes: Number of processes; a single clip is measured in this process.
        progress: Called now and then.
    """
    yield from work_through(_measure, jobs, processes, progress, _crashed)


def _measure(job: FidelityJob, progress: Callable[[int], None]) -> Clip | str:
    try:
        return _of_itself(job, progress) if job.video == SELF else _of_video(job, progress)
    except X2CError as error:
        return str(error)


def _crashed(job: FidelityJob) -> str:
    return "the process that measured it died, twice"


def _of_video(job: FidelityJob, progress: Callable[[int], None]) -> Clip:
    source = choose_source("", job.video)
    if source.is_endless:
        raise FidelityError(f"{job.video} never ends; expected a video, or a folder of images")
    neutral = None
    if job.calibration is NeutralTiming.BEFORE:
        with source:
            neutral = find_neutral(timed(source_images(source), source_period(source)))
    with source:
        images, period = source_images(source), source_period(source)
        performance = _perform(job, images, period, neutral, progress)
    known = _known_neutral(job.label.neutral, performance)
    return measure(job.name, performance, job.label.expression, known)


def _known_neutral(neutral: Path | float | None, performance: ClipPerformance) -> Array | None:
    """Return the descriptors (17,) of the person at rest; None where nothing tells them.

    Args:
        neutral: Image, or time of the clip [s].
        performance: Curves of person and robot.
    """
    if not isinstance(neutral, float):
        return None if neutral is None else _described(neutral)
    first = round(neutral / performance.period)
    images = max(round(_MOMENT / performance.period), 1)
    described = performance.person[first : first + images]
    described = described[np.isfinite(described[:, 0])]
    if not len(described):
        raise FidelityError(
            f"no face is found {neutral:g} s after the beginning, when the person is to be at "
            f"rest; the clip has {performance.frames * performance.period:.1f} s"
        )
    return np.asarray(np.median(described, axis=0))


def _described(image: Path) -> Array:
    """Return the descriptors (17,) of a face at rest."""
    bgr = read_image(image)
    tracker = FaceMeshTracker()
    try:
        upright = turned(bgr, single_image_turn(bgr, tracker))
        found = track_views(tracker, np.ascontiguousarray(upright[:, :, ::-1]))
    finally:
        tracker.close()
    if found is None:
        raise FidelityError(f"no face is found in {image}, which is to show the person at rest")
    return describe_found(found)


def _of_itself(job: FidelityJob, progress: Callable[[int], None]) -> Clip:
    babbler, period = Babbler(job.robot, job.seed), 1.0 / RATE
    neutral = None
    if job.calibration is NeutralTiming.BEFORE:
        with contextlib.closing(babbler.images()) as images:
            neutral = find_neutral(timed(images, period))
    with contextlib.closing(babbler.images()) as images:
        performance = _perform(job, images, period, neutral, progress)
    truth = np.array(babbler.truth)
    return measure(job.name, dataclasses.replace(performance, truth=truth))


def _perform(
    job: FidelityJob,
    images: Iterator[ImageArray],
    period: float,
    neutral: Face | None,
    progress: Callable[[int], None],
) -> ClipPerformance:
    settings = default_settings(job.robot, job.backend, job.options)
    judge = None if job.judge is None else FaceApiJudge(job.judge)
    return perform(images, period, job.robot, settings, neutral, progress, judge)
