# SPDX-License-Identifier: Apache-2.0
"""The job of evaluating one recording, and its outcome."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from x2c_core.files.issues import Issue
from x2c_evaluation.errors import EvaluationError
from x2c_evaluation.offline.results.result import RecordingResult, SourceFigures
from x2c_evaluation.offline.sources.choice import path_of
from x2c_evaluation.pipeline.settings import EvaluationSettings


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
