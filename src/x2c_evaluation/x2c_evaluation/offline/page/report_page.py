# SPDX-License-Identifier: Apache-2.0
"""The report of an evaluation as one page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from x2c_evaluation.offline.page.frame import page, table, tile
from x2c_evaluation.offline.page.recording import recording, status
from x2c_evaluation.offline.recording.store import ResultsStore
from x2c_evaluation.offline.results.layout import FRAMES, PAGE, RECORDINGS
from x2c_evaluation.offline.results.metrics import METRICS
from x2c_evaluation.offline.results.result import (
    EvaluationReport,
    RecordingResult,
)
from x2c_evaluation.pipeline.frame_curves import FrameCurves, read_curves
from x2c_evaluation.pipeline.settings import CHOSEN, ChosenSettings

_COLUMNS = (
    *("error", "recorded_error", "fidelity_r", "face_share", "unusable_share", "jitter", "jerk"),
    *("too_fast_share", "latency_p50_ms", "drops"),
)
_HEADLINES = (
    *("error", "recorded_error", "fidelity_r", "face_share", "jitter", "too_fast_share"),
    "latency_p50_ms",
)


def report_page(report: EvaluationReport, store: ResultsStore, details: bool) -> str:
    """Return the page.

    Args:
        report: Results of the evaluation.
        store: Store with frames and images.
        details: Whether everything of each recording is on it, rather than on its own page.
    """
    recordings = report.recordings
    single = len(recordings) == 1
    title = recordings[0].name if single else f"{len(recordings)} recordings"
    parts = [
        '<p class="hint">X2C evaluation</p>',
        f"<h1>{escape(title)} {status(recordings[0]) if single else ''}</h1>",
        f'<p class="facts">{escape(_settings(report.settings))}</p>',
    ]
    if not single:
        parts += [_headline(report), _overview(recordings, details)]
    if details:
        for one in recordings:
            parts.append(recording(one, store, _curves(one, store), heading=not single))
    terms = ("control error", "jitter", "jerk", "beyond its speed limit")
    return page(f"{title} - X2C evaluation", "".join(parts), report.versions, terms)


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


def _headline(report: EvaluationReport) -> str:
    summary = report.summary
    tiles = [
        tile(METRICS[name].text(value), METRICS[name].label)
        for name in _HEADLINES
        if (value := summary.get(name)) is not None
    ]
    failed = sum(1 for one in report.recordings if one.failed)
    tiles.append(tile(f"{len(report.recordings) - failed}", "recordings evaluated"))
    if failed:
        tiles.append(tile(f"{failed}", "recordings failed"))
    return f'<div class="tiles">{"".join(tiles)}</div>'


def _overview(recordings: Sequence[RecordingResult], details: bool) -> str:
    columns = [
        METRICS[name]
        for name in _COLUMNS
        if any(METRICS[name].of(one) is not None for one in recordings)
    ]
    rows = []
    for one in recordings:
        name = escape(one.name)
        target = f"#{name}" if details else f"{RECORDINGS}/{name}/{PAGE}"
        cells = [escape(metric.text(metric.of(one))) for metric in columns]
        rows.append([f'<a href="{target}">{name}</a>', status(one), *cells])
    head = ["recording", "", *(metric.label for metric in columns)]
    return f'<div class="card">{table(head, rows, escaped=True)}</div>'


def _curves(result: RecordingResult, store: ResultsStore) -> FrameCurves | None:
    path = store.folder / FRAMES / f"{result.name}.parquet"
    return read_curves(path) if path.is_file() else None
