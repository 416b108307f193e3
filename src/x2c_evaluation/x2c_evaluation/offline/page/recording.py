# SPDX-License-Identifier: Apache-2.0
"""Everything about one recording, as a part of a page."""

from __future__ import annotations

from html import escape

from x2c_core.control_space import controls
from x2c_core.control_space.controls import Group
from x2c_evaluation.offline.page import details, over_time
from x2c_evaluation.offline.page.charts import bar
from x2c_evaluation.offline.page.frame import badge, image, tile
from x2c_evaluation.offline.recording.store import ResultsStore
from x2c_evaluation.offline.results.metrics import METRICS
from x2c_evaluation.offline.results.result import (
    ErrorFigures,
    KeyFrameFigures,
    RecordingResult,
)
from x2c_evaluation.pipeline.frame_curves import FrameCurves

_TILES = (
    *("error", "recorded_error", "fidelity_r", "face_share", "jitter", "jerk"),
    *("too_fast_share", "latency_p50_ms", "latency_p99_ms", "drops"),
)
_REFERENCES = ("against", "recorded")


def recording(
    result: RecordingResult, store: ResultsStore, curves: FrameCurves | None, heading: bool = True
) -> str:
    """Return a recording's part of a page.

    Args:
        result: Its figures.
        store: Store with its images.
        curves: Its frames; None where there are none.
        heading: Whether it has a heading, rather than being all of the page.
    """
    name = result.name
    parts = [
        f'<h2 id="{escape(name)}">{escape(name)} {status(result)}</h2>' if heading else "",
        f'<p class="facts">{escape(_facts(result))}</p>',
        _issues(result),
    ]
    if not result.failed or curves is not None:
        parts.append(f'<div class="tiles">{"".join(_tiles(result))}</div>')
    if not result.failed:
        parts += [_moments(result, store), _errors(result)]
    if curves is not None and len(curves):
        parts.append(over_time.over_time(result, curves))
    if result.figures is not None:
        parts.append(details.details(result.figures))
    return "".join(parts)


def status(result: RecordingResult) -> str:
    """Return whether a recording could be evaluated, as a badge."""
    if result.failed:
        return badge("failed", "bad")
    losses = sum(one.count for one in result.issues if one.loss)
    return badge("partly read", "warn") if losses else badge("complete", "good")


def _facts(result: RecordingResult) -> str:
    source, figures = result.source, result.figures
    if figures is None:
        return source.name
    frames = figures.frames
    rate = f" at {frames.rate_hz:.1f} Hz" if frames.rate_hz else ""
    facts = [
        source.name,
        source.topic,
        ", ".join(source.encodings) or source.form,
        ", ".join(source.sizes),
        f"{frames.frames} frames in {frames.duration_s:.1f} s{rate}",
    ]
    return " · ".join(one for one in facts if one)


def _issues(result: RecordingResult) -> str:
    found = []
    if result.failed:
        found.append(
            f'<div class="issues bad"><b>Could not be evaluated:</b> {escape(result.failed)}</div>'
        )
    for loss, kind, title in ((True, "", "Not read"), (False, "note", "Notes")):
        those = [one for one in result.issues if one.loss is loss]
        if those:
            lines = "".join(f"<li>{escape(one.text)}{_times(one.count)}</li>" for one in those)
            found.append(f'<div class="issues {kind}"><b>{title}</b><ul>{lines}</ul></div>')
    return "".join(found)


def _times(count: int) -> str:
    return f" <b>({count} times)</b>" if count > 1 else ""


def _tiles(result: RecordingResult) -> list[str]:
    tiles = []
    for name in _TILES:
        metric = METRICS[name]
        if (value := metric.of(result)) is not None:
            tiles.append(tile(metric.text(value), metric.label))
    return tiles


def _moments(result: RecordingResult, store: ResultsStore) -> str:
    key_frames = () if result.figures is None else result.figures.moments
    if not key_frames:
        return ""
    against = key_frames[0].reference
    title = "Moments of largest error" if against else "Moments of strongest expression"
    hint = f"against {_source(result, against)}" if against else "nothing to compare with"
    cards = "".join(_moment(result, one, store) for one in key_frames)
    return f'<h3>{title} <small>{escape(hint)}</small></h3><div class="moments">{cards}</div>'


def _moment(result: RecordingResult, key_frame: KeyFrameFigures, store: ResultsStore) -> str:
    names = {"person": "person", "robot": "this evaluation", "reference": "reference"}
    images = "".join(
        image(store.image(result.name, file), names[who])
        for who, file in key_frame.pictures.items()
    )
    error = "" if key_frame.error is None else f", control error {key_frame.error:.3f}"
    worst = ", ".join(f"{name} {own:.2f} for {other:.2f}" for name, own, other in key_frame.worst)
    said = f'<p class="worst">{escape(worst)}</p>' if worst else ""
    return (
        f'<div class="card moment"><div class="images">{images}</div>'
        f"<p><b>{key_frame.time_s:.2f} s</b>{error}</p>{said}</div>"
    )


def _errors(result: RecordingResult) -> str:
    found = []
    for reference in _REFERENCES:
        error = _compared(result, reference)
        if error is None:
            continue
        most = max((one or 0.0) for one in error.controls.values())
        rows = []
        for group in Group:
            mean = error.groups.get(group)
            if mean is None:
                continue
            rows.append(
                "<div>" + bar(group.capitalize(), mean, most, f"{mean:.4f}", f"group {group}")
            )
            for place in controls.group_indices(group):
                name = controls.NAMES[place]
                value = error.controls.get(name)
                text = "-" if value is None else f"{value:.4f}"
                rows.append(bar(name, value, most, text, str(group)))
            rows.append("</div>")
        hint = (
            f"against {_source(result, reference)}: {error.frames} frames, matched by "
            f"{error.matched_by}; gaze left out of {error.gaze_masked}"
        )
        found.append(
            f"<h3>Control error <small>{escape(hint)}</small></h3>"
            f'<div class="card"><div class="bars">{"".join(rows)}</div></div>'
        )
    return "".join(found)


def _source(result: RecordingResult, reference: str) -> str:
    error = _compared(result, reference)
    return error.source if error else reference


def _compared(result: RecordingResult, reference: str) -> ErrorFigures | None:
    return None if result.figures is None else result.figures.errors.get(reference)
