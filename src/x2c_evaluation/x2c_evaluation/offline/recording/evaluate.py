# SPDX-License-Identifier: Apache-2.0
"""The evaluation of one recording, as a function: nothing is written, everything is returned.

So it runs in this process, in a pool of processes, or on another machine alike.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from x2c_bags.frames.frame_source import FrameSource
from x2c_bags.frames.recorded_run import RecordedRun
from x2c_core.arrays import Array
from x2c_core.control_space import controls
from x2c_core.control_space.control_error import ControlErrors, control_error
from x2c_core.errors import X2CError
from x2c_core.files.issues import Issue, Issues
from x2c_evaluation.errors import EvaluationError
from x2c_evaluation.offline.recording import run_figures
from x2c_evaluation.offline.recording.fidelity_figures import fidelity_figures
from x2c_evaluation.offline.recording.imitated import Imitated, imitate
from x2c_evaluation.offline.recording.single_images import imitate_images
from x2c_evaluation.offline.results import statistics
from x2c_evaluation.offline.results.curves import FrameCurves
from x2c_evaluation.offline.results.key_frames import KeyFrame, find_key_frames
from x2c_evaluation.offline.results.references import (
    AGAINST,
    RECORDED,
    Reference,
    read_reference,
    recorded,
)
from x2c_evaluation.offline.results.result import (
    ErrorFigures,
    Figures,
    RecordingResult,
    SourceFigures,
)
from x2c_evaluation.offline.results.smoothness import UNKNOWN, smoothness
from x2c_evaluation.offline.sources.choice import names_source, open_frames
from x2c_evaluation.pipeline.settings import EvaluationSettings

Progress = Callable[[int], None]


@dataclass(frozen=True)
class EvaluationJob:
    """One recording to evaluate.

    Attributes:
        name: Unique name of the recording, valid as a file name.
        source: Path of a bag, video or data set, or "NAME:TEXT" with a camera source.
        settings: Settings of the pipeline.
        topic: Topic of the frames; empty for the only one there is.
        against: Path of what the control values are compared with; empty for nothing.
    """

    name: str
    source: str
    settings: EvaluationSettings
    topic: str = ""
    against: str = ""


@dataclass(frozen=True)
class EvaluationOutcome:
    """Result of one recording; plain data.

    Attributes:
        result: All figures.
        frames: Curves as a Parquet file; empty for none.
        images: JPEG files by name.
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
        with threadpool_limits(limits=1, user_api="blas"):
            outcome = _evaluate(job, issues, progress)
    except (X2CError, OSError) as error:
        outcome = failure(job, str(error), issues)
    return dataclasses.replace(outcome, seconds=time.monotonic() - started)


def check(job: EvaluationJob) -> None:
    """Refuse a recording or a reference that is not there.

    Raises:
        EvaluationError: There is no such file or folder.
    """
    for what, path in (("recording", job.source), ("reference", job.against)):
        if path and not names_source(path) and not Path(path).expanduser().exists():
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


def _evaluate(job: EvaluationJob, issues: Issues, progress: Progress) -> EvaluationOutcome:
    source = open_frames(job.source, job.topic, job.settings.calibration)
    robot = job.settings.robot()
    single = source.is_independent
    run = imitate_images if single else imitate
    imitated = run(source, job.settings, robot, issues, progress)
    curves = imitated.curves
    recorded_run = run_figures.recorded_run(source.bag, curves) if source.bag is not None else None
    references = _references(job, recorded_run, issues)
    if (own := source.reference()) is not None:
        references.setdefault(AGAINST, (Reference(own.stamps, own.values, own.source), ""))
    curves = _with_references(curves, references, issues)
    failed = _why_nothing(curves, imitated)
    fidelity = None
    if job.settings.fidelity and not failed and not single:
        fidelity = fidelity_figures(source, curves, robot, job.settings, issues)
    key_frames = find_key_frames(source, curves, robot, issues) if not failed else []
    figures = Figures(
        frames=statistics.frame_statistics(curves, imitated.read, imitated.unusable),
        tracking=statistics.tracking_statistics(curves, imitated.neutral_at),
        errors={name: _error(curves, name, references) for name in curves.references},
        smoothness=UNKNOWN if single else smoothness(curves),
        limits=statistics.limit_statistics(curves, robot, job.settings),
        recorded=run_figures.figures(recorded_run) if recorded_run is not None else None,
        fidelity=fidelity,
        states=statistics.states(curves),
        moments=tuple(one.figures for one in key_frames),
    )
    of_run = run_figures.issues(recorded_run) if recorded_run is not None else ()
    result = RecordingResult(
        name=job.name,
        source=SourceFigures(Path(job.source).name, **_facts(source)),
        settings=job.settings.chosen,
        figures=figures,
        failed=failed,
        issues=(*source.issues, *issues, *of_run),
    )
    return EvaluationOutcome(result, curves.to_parquet(job.name), _named(key_frames))


def _facts(source: FrameSource) -> dict[str, Any]:
    facts = dataclasses.asdict(source.facts)
    return {**facts, "storage": tuple(facts["storage"])}


def _references(
    job: EvaluationJob, recorded_run: RecordedRun | None, issues: Issues
) -> dict[str, tuple[Reference, str]]:
    found: dict[str, tuple[Reference, str]] = {}
    own = recorded(recorded_run) if recorded_run is not None else None
    if own is not None:
        found[RECORDED] = own, ""
    if job.against:
        try:
            found[AGAINST] = read_reference(Path(job.against).expanduser(), job.name), ""
        except X2CError as error:
            issues.add(f"nothing to compare with: {error}")
    return found


def _with_references(
    curves: FrameCurves, references: dict[str, tuple[Reference, str]], issues: Issues
) -> FrameCurves:
    matched: dict[str, Array] = {}
    for name, (reference, _) in references.items():
        values, how = reference.at(curves.stamps)
        if not np.isfinite(values[:, 0]).any():
            issues.add(f"{reference.source}: no values for any of the frames ({how})")
            continue
        references[name] = reference, how
        matched[name] = values
    return dataclasses.replace(curves, references=matched)


def _error(
    curves: FrameCurves, name: str, references: dict[str, tuple[Reference, str]]
) -> ErrorFigures | None:
    values = curves.references[name]
    both = curves.followed & np.isfinite(values).all(axis=1)
    # As they are in messages and files, so that equal values have no error.
    own = curves.values[both].astype(np.float32)
    found: ControlErrors | None = control_error(own, values[both].astype(np.float32))
    if found is None:
        return None
    reference, how = references[name]
    return ErrorFigures(
        source=reference.source,
        matched_by=how,
        mean=found.mean,
        p95=found.p95,
        largest=found.largest,
        frames=found.frames,
        gaze_masked=found.gaze_masked,
        groups={group.value: error for group, error in found.by_group.items()},
        controls=dict(zip(controls.NAMES, found.by_control.tolist(), strict=True)),
    )


def _why_nothing(curves: FrameCurves, imitated: Imitated) -> str:
    if not imitated.read:
        return "there is not one frame"
    if not len(curves):
        return f"not one of {imitated.read} frames could be used"
    if not curves.found.any():
        return f"no face was found in any of {len(curves)} frames"
    return ""


def _named(key_frames: list[KeyFrame]) -> dict[str, bytes]:
    return {name: data for one in key_frames for name, data in one.files()}
