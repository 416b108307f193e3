# SPDX-License-Identifier: Apache-2.0
"""The evaluation of one recording, as a function: nothing is written, everything is returned.

So it runs in this process, in a pool of processes, or on another machine alike.
"""

from __future__ import annotations

import dataclasses
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from threadpoolctl import threadpool_limits

from x2c_bags.frames.frame_source import FrameSource
from x2c_core.errors import X2CError
from x2c_core.files.issues import Issue, Issues
from x2c_core.words import among_all, counted
from x2c_evaluation.errors import EvaluationError
from x2c_evaluation.offline.recording.run_figures import recorded_run, run_figures
from x2c_evaluation.offline.results import statistics
from x2c_evaluation.offline.results.references import compare, find_references
from x2c_evaluation.offline.results.result import Figures, RecordingResult, SourceFigures
from x2c_evaluation.offline.sources.choice import open_frames, path_of
from x2c_evaluation.offline.visuals.key_images import KeyFrameFiles, draw_key_frames
from x2c_evaluation.offline.visuals.studio import RobotStudio
from x2c_evaluation.pipeline.offline_pipeline import Imitated, imitate
from x2c_evaluation.pipeline.settings import EvaluationSettings
from x2c_evaluation.pipeline.single_images import imitate_images

Progress = Callable[[int], None]

_TURN = 0.0005
"""For how long a thread may keep Python's lock while others wait for it [s]."""


@dataclass(frozen=True)
class EvaluationJob:
    """One recording to evaluate.

    Attributes:
        name: Unique name of the recording, valid as a file name.
        source: Path of a bag, video or data set, or "NAME:TEXT" with a camera source.
        settings: Settings of the pipeline.
        topic: Topic of the frames; empty for the only one there is.
        against: Path of what the control values are compared with; empty for nothing.
        clips: Most video clips of the moments that matter most.
    """

    name: str
    source: str
    settings: EvaluationSettings
    topic: str = ""
    against: str = ""
    clips: int = 0


@dataclass(frozen=True)
class EvaluationOutcome:
    """Result of one recording; plain data.

    Attributes:
        result: All figures.
        frames: Curves as a Parquet file; empty for none.
        images: JPEG and MP4 files by name.
        seconds: Time it took; no part of the result [s].
    """

    result: RecordingResult
    frames: bytes = b""
    images: dict[str, bytes] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def failed(self) -> str:
        """Reason why the recording could not be evaluated; empty if it was."""
        return self.result.failed

    @property
    def lost(self) -> bool:
        """True if some data of the recording could not be read."""
        return self.result.figures is None or self.result.lost


def evaluate(job: EvaluationJob, progress: Progress = lambda done: None) -> EvaluationOutcome:
    """Evaluate a recording; what goes wrong is in the outcome.

    Args:
        job: Recording and settings.
        progress: Called now and then with the number of frames worked on.
    """
    started = time.monotonic()
    issues = Issues()
    try:
        # As in the nodes. With more threads sums are rounded otherwise, and results depend on how
        # many the machine has.
        with threadpool_limits(limits=1, user_api="blas"), _short_turns():
            outcome = _evaluate(job, issues, progress)
    except (X2CError, OSError) as error:
        outcome = failure(job, str(error), issues)
    return dataclasses.replace(outcome, seconds=time.monotonic() - started)


def check(job: EvaluationJob) -> None:
    """Refuse a recording or a reference that is not there.

    Raises:
        EvaluationError: There is no such file or folder.
    """
    for what, path in (("recording", path_of(job.source)), ("reference", job.against)):
        if path and not Path(path).expanduser().exists():
            raise EvaluationError(f"there is no {what} {path}: no such file or folder")


def failure(job: EvaluationJob, reason: str, issues: Iterable[Issue] = ()) -> EvaluationOutcome:
    """Return the outcome of a recording that could not be evaluated."""
    return EvaluationOutcome(
        RecordingResult(
            name=job.name,
            source=SourceFigures(Path(job.source).name),
            settings=job.settings.chosen,
            failed=reason,
            issues=tuple(issues),
        )
    )


@contextmanager
def _short_turns() -> Iterator[None]:
    """Have threads of Python take shorter turns than its 5 ms while entered.

    For the whole process: where several evaluate at a time in threads, the last to end decides.
    The tracker asks for Python's lock several times an image, which takes less than that.
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(_TURN)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def _evaluate(job: EvaluationJob, issues: Issues, progress: Progress) -> EvaluationOutcome:
    settings, robot = job.settings, job.settings.robot()
    source = open_frames(job.source, job.topic, settings.calibration)
    with closing(RobotStudio(robot)) as studio:
        if source.is_independent:
            imitated = imitate_images(source, settings, robot, issues, progress)
        else:
            imitated = imitate(source, settings, robot, issues, progress)
        run = None if source.bag is None else recorded_run(source.bag, imitated.curves)
        references = find_references(source, run, job.against, job.name, issues)
        curves, errors = compare(imitated.curves, references, issues)
        failed = _why_nothing(imitated)
        fidelity, key_frames = None, KeyFrameFiles()
        if not failed:
            if settings.fidelity and not source.is_independent:
                # Only here: it imports the simulator, which the studio does beside other work.
                from x2c_evaluation.offline.recording.fidelity_figures import fidelity_figures

                fidelity = fidelity_figures(source, curves, robot, settings, issues)
            key_frames = draw_key_frames(
                source, curves, studio, issues, imitated.turn_of, job.clips
            )
    figures = Figures(
        frames=statistics.frame_statistics(curves, imitated.read, imitated.unusable),
        tracking=statistics.tracking_statistics(curves, imitated.neutral_at, imitated.rotation),
        errors=errors,
        smoothness=statistics.UNKNOWN if source.is_independent else statistics.smoothness(curves),
        limits=statistics.limit_statistics(curves, robot, settings),
        recorded=None if run is None else run_figures(run),
        fidelity=fidelity,
        states=statistics.states(curves),
        moments=tuple(key_frames.figures),
    )
    result = RecordingResult(
        name=job.name,
        source=_source_figures(job, source),
        settings=settings.chosen,
        figures=figures,
        failed=failed,
        issues=(*source.issues, *issues, *(() if run is None else map(Issue, run.issues))),
    )
    return EvaluationOutcome(result, curves.to_parquet(job.name), key_frames.files)


def _source_figures(job: EvaluationJob, source: FrameSource) -> SourceFigures:
    facts = dataclasses.asdict(source.facts)
    return SourceFigures(Path(job.source).name, **{**facts, "storage": tuple(facts["storage"])})


def _why_nothing(imitated: Imitated) -> str:
    if not imitated.read:
        return "there is not one frame"
    if not len(imitated.curves):
        return f"not one of {counted(imitated.read, 'frame')} could be used"
    if not imitated.curves.found.any():
        return f"no face was found in {among_all(len(imitated.curves), 'frame')}"
    return ""
