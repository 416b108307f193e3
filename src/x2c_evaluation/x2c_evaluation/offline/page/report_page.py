# SPDX-License-Identifier: Apache-2.0
"""The report of an evaluation as one page: an overview, and everything about each recording."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import cached_property

from x2c_core.words import counted
from x2c_evaluation.offline.page.plots import (
    ControlBars,
    RecordingPlots,
    control_bars,
    recording_plots,
)
from x2c_evaluation.offline.page.rendering import load, render
from x2c_evaluation.offline.recording.store import ResultsStore
from x2c_evaluation.offline.results.layout import PAGE, RECORDINGS
from x2c_evaluation.offline.results.metrics import METRICS, Metric
from x2c_evaluation.offline.results.result import (
    ErrorFigures,
    EvaluationReport,
    RecordingResult,
)
from x2c_evaluation.offline.visuals.key_images import poster_name
from x2c_evaluation.pipeline.settings import CHOSEN, ChosenSettings

_HEADLINE = (
    *("error", "recorded_error", "fidelity_r", "face_share", "jitter", "too_fast_share"),
    "latency_p50_ms",
)
_COLUMNS = (
    *("error", "recorded_error", "fidelity_r", "face_share", "unusable_share", "jitter", "jerk"),
    *("too_fast_share", "latency_p50_ms", "drops"),
)
_TILES = (
    *("error", "recorded_error", "fidelity_r", "face_share", "jitter", "jerk"),
    *("too_fast_share", "latency_p50_ms", "latency_p99_ms", "drops"),
)
_TEMPLATES = ("report.html", "page.html", "parts.html", "recording.html", "details.html")
"""Template of the page, and those that it is made of."""
_REFERENCES = ("against", "recorded")


def load_templates() -> None:
    """Compile the templates of the page, so that the first one takes less time."""
    load(*_TEMPLATES)


def report_page(report: EvaluationReport, store: ResultsStore, details: bool) -> str:
    """Return the page.

    Args:
        report: Results of the evaluation.
        store: Store with frames and images.
        details: Whether everything of each recording is on it, rather than on its own page.
    """
    parts = [RecordingPart(one, store) for one in report.recordings]
    single = len(parts) == 1
    return render(
        _TEMPLATES[0],
        title=parts[0].result.name if single else f"{len(parts)} recordings",
        settings=_settings(report.settings),
        overview=None if single else Overview(report, details),
        parts=parts,
        details=details,
        versions=report.versions,
    )


@dataclass(frozen=True)
class Overview:
    """Table of all recordings, and metrics over all of them.

    Attributes:
        report: Results of the evaluation.
        details: Whether everything of each recording is on the same page.
    """

    report: EvaluationReport
    details: bool

    @property
    def headline(self) -> list[tuple[str, str]]:
        """Value and label of the metrics over all recordings."""
        recordings, summary = self.report.recordings, self.report.summary
        tiles = [
            (METRICS[name].text(value), METRICS[name].label)
            for name in _HEADLINE
            if (value := summary.get(name)) is not None
        ]
        failed = sum(1 for one in recordings if one.failed)
        tiles.append((str(len(recordings) - failed), "recordings evaluated"))
        return [*tiles, (str(failed), "recordings failed")] if failed else tiles

    @property
    def metrics(self) -> list[Metric]:
        """Columns of the table: the metrics that any recording has."""
        every = [METRICS[name] for name in _COLUMNS]
        return [one for one in every if any(one.of(r) is not None for r in self.report.recordings)]

    def target(self, name: str) -> str:
        """Return the link to a recording."""
        return f"#{name}" if self.details else f"{RECORDINGS}/{name}/{PAGE}"


@dataclass(frozen=True)
class ErrorPart:
    """Control error of a recording against one reference.

    Attributes:
        figures: All figures.
    """

    figures: ErrorFigures

    @property
    def groups(self) -> ControlBars:
        """Error by group and control."""
        return control_bars(self.figures.groups.get, self.figures.controls.get)

    @property
    def most(self) -> float:
        """Largest error of a control."""
        return max((one or 0.0) for one in self.figures.controls.values())


@dataclass(frozen=True)
class RecordingPart:
    """A recording as the page shows it.

    Attributes:
        result: Figures of the recording.
        store: Store with its frames and images.
    """

    result: RecordingResult
    store: ResultsStore

    @property
    def status(self) -> tuple[str, str]:
        """Outcome of the evaluation: a text, and the kind of badge."""
        if self.result.failed:
            return "failed", "bad"
        return ("partly read", "warn") if self.result.lost else ("complete", "good")

    @property
    def facts(self) -> list[str]:
        """Description of the recording."""
        source, figures = self.result.source, self.result.figures
        if figures is None:
            return [source.name]
        frames = figures.frames
        rate = f" at {frames.rate_hz:.1f} Hz" if frames.rate_hz else ""
        facts = [
            source.name,
            source.topic,
            ", ".join(source.encodings) or source.form,
            ", ".join(source.sizes),
            f"{counted(frames.frames, 'frame')} in {frames.duration_s:.1f} s{rate}",
        ]
        return [one for one in facts if one]

    @property
    def tiles(self) -> list[tuple[str, str]]:
        """Value and label of the metrics that it has."""
        every = [METRICS[name] for name in _TILES]
        return [
            (one.text(value), one.label)
            for one in every
            if (value := one.of(self.result)) is not None
        ]

    @property
    def errors(self) -> list[ErrorPart]:
        """Control error against each reference."""
        found = [self._error(reference) for reference in _REFERENCES]
        return [ErrorPart(one) for one in found if one is not None]

    @cached_property
    def plots(self) -> RecordingPlots | None:
        """Plots of the recording; None where there are no frames."""
        curves = self.store.curves(self.result.name)
        return None if curves is None else recording_plots(self.result, curves)

    def source(self, reference: str) -> str:
        """Return what a reference is; empty for no reference."""
        error = self._error(reference)
        return error.source if error else reference

    def image(self, file: str) -> str:
        """Return an image or clip as base64; empty where it is gone."""
        return base64.b64encode(self.store.image(self.result.name, file)).decode("ascii")

    def poster(self, clip: str) -> str:
        """Return the image that stands for a clip, as base64; empty where it is gone."""
        return self.image(poster_name(clip))

    def _error(self, reference: str) -> ErrorFigures | None:
        figures = self.result.figures
        return None if figures is None else figures.errors.get(reference)


def _settings(settings: ChosenSettings) -> str:
    said = [f"robot {settings.robot}", f"backend {settings.backend}"]
    said.append(f"neutral face: {settings.calibration}")
    for part, before in CHOSEN.items():
        said += [
            f"{before}{name.replace('_', ' ')} {value}"
            for name, value in getattr(settings, part).items()
            if name != "backend"
        ]
    return " · ".join(said)
