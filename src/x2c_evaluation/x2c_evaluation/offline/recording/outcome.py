# SPDX-License-Identifier: Apache-2.0
"""Figures, images and clips of a recording that has been imitated."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from x2c_bags.frames.frame_source import FrameSource
from x2c_core.files.issues import Issue, Issues
from x2c_core.robot.robot import Robot
from x2c_core.words import among_all, counted
from x2c_evaluation.offline.recording.job import EvaluationJob, EvaluationOutcome
from x2c_evaluation.offline.recording.run_figures import recorded_run, run_figures
from x2c_evaluation.offline.results import statistics
from x2c_evaluation.offline.results.references import compare, find_references
from x2c_evaluation.offline.results.result import Figures, RecordingResult, SourceFigures
from x2c_evaluation.offline.visuals.key_images import KeyFrameFiles, draw_key_frames
from x2c_evaluation.offline.visuals.studio import RobotStudio
from x2c_evaluation.pipeline.offline_pipeline import Imitated


def outcome_of(
    job: EvaluationJob,
    source: FrameSource,
    imitated: Imitated,
    robot: Robot,
    studio: RobotStudio,
    issues: Issues,
) -> EvaluationOutcome:
    """Return the outcome of a recording.

    Args:
        job: Recording and settings.
        source: The recording.
        imitated: Its frames after their way through the pipeline.
        robot: Robot that imitates.
        studio: Draws the robot.
        issues: Issues so far; takes more.

    Raises:
        X2CError: A reference cannot be read, or a clip cannot be made.
    """
    settings = job.settings
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
        key_frames = draw_key_frames(source, curves, studio, issues, imitated.turn_of, job.clips)
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
