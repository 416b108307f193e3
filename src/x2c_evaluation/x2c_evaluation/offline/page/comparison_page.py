# SPDX-License-Identifier: Apache-2.0
"""Two evaluations side by side as one page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from x2c_core.control_space import controls
from x2c_core.control_space.controls import Group
from x2c_evaluation.offline.page.charts import bar, path, plot
from x2c_evaluation.offline.page.frame import page, table, tile
from x2c_evaluation.offline.results.comparison import (
    DIFFERENCE,
    Comparison,
    ComparisonSide,
    better,
    compared_metrics,
)
from x2c_evaluation.offline.results.layout import FRAMES, PAGE
from x2c_evaluation.offline.results.metrics import METRICS, Metric
from x2c_evaluation.pipeline.frame_curves import FrameCurves, read_curves
from x2c_evaluation.pipeline.settings import CHOSEN

_PLOTTED = 6
"""Recordings whose curves are on the page: those that differ most."""
_PER_RECORDING = ("error", "recorded_error", "face_share", "jitter", "too_fast_share")
_TILES = ("error", "recorded_error", "fidelity_r", "jitter", "latency_p50_ms")


def comparison_page(comparison: Comparison, verdicts: Sequence[str], thresholds: int) -> str:
    """Return the page.

    Args:
        comparison: Comparison of two evaluations.
        verdicts: Reasons why B fails; empty if it passes.
        thresholds: Number of thresholds.
    """
    a, b = comparison.first, comparison.second
    parts = [
        '<p class="hint">X2C comparison</p>',
        f"<h1>{escape(_name(a))} and {escape(_name(b))}</h1>",
        f'<p class="facts">A: {_link(a)}<br>B: {_link(b)}</p>',
        _verdict(verdicts, thresholds),
        f'<div class="tiles changes">{"".join(_tiles(comparison))}</div>',
        "<h3>All recordings</h3>",
        _metrics(comparison),
        _recordings(comparison),
        _by_control(comparison),
        _curves(comparison),
    ]
    terms = ("change", "difference", "control error", "jitter", "jerk", "beyond its speed limit")
    title = f"{_name(a)} and {_name(b)} - X2C comparison"
    return page(title, "".join(parts), b.report.versions, terms)


def _name(side: ComparisonSide) -> str:
    return side.folder.resolve().name


def _link(side: ComparisonSide) -> str:
    settings = side.report.settings
    said = f"robot {settings.robot}, backend {settings.backend}"
    for part, before in CHOSEN.items():
        chosen = getattr(settings, part)
        said += "".join(f", {before}{name} {value}" for name, value in chosen.items())
    return f"{escape(str(side.folder / PAGE))} · {escape(said)}"


def _verdict(verdicts: Sequence[str], thresholds: int) -> str:
    if not thresholds:
        return ""
    if not verdicts:
        return f'<div class="issues note"><b>Passed</b> thresholds: {thresholds}</div>'
    lines = "".join(f"<li>{escape(one)}</li>" for one in verdicts)
    return (
        f'<div class="issues bad"><b>Failed</b> thresholds: {len(verdicts)} of {thresholds}'
        f"<ul>{lines}</ul></div>"
    )


def _tiles(comparison: Comparison) -> list[str]:
    tiles = []
    if DIFFERENCE in comparison.difference:
        tiles.append(
            tile(f"{comparison.difference[DIFFERENCE]:.4f}", "difference of controls", "change")
        )
    for name in _TILES:
        before, after = comparison.values(name)
        if before is not None and after is not None:
            metric = METRICS[name]
            tiles.append(tile(_both(metric, before, after), metric.label, "change"))
    tiles.append(tile(str(len(comparison.common)), "recordings in both", "change"))
    return tiles


def change(metric: Metric, before: float | None, after: float | None) -> str:
    """Return how a metric changes from A to B, in short; empty where none is seen."""
    if before is None or after is None or metric.text(before) == metric.text(after):
        return ""
    text = metric.text(after - before)
    share = f" ({(after - before) / before:+.0%})" if before and metric.unit != "%" else ""
    return f"{'+' if after >= before else ''}{text}{share}"


def _both(metric: Metric, before: float | None, after: float | None) -> str:
    texts = metric.text(before), metric.text(after)
    return texts[0] if texts[0] == texts[1] else f"{texts[0]} → {texts[1]}"


def _metrics(comparison: Comparison) -> str:
    rows = []
    for metric in compared_metrics(comparison):
        before, after = comparison.values(metric.name)
        rows.append(
            [
                escape(metric.label),
                metric.text(before),
                metric.text(after),
                _coloured(metric, before, after),
            ]
        )
    return f'<div class="card">{table(("", "A", "B", "change"), rows, escaped=True)}</div>'


def _coloured(metric: Metric, before: float | None, after: float | None) -> str:
    verdict = better(metric, before, after)
    kind = {True: "better", False: "worse", None: ""}[verdict]
    return f'<span class="{kind}">{escape(change(metric, before, after))}</span>'


def _recordings(comparison: Comparison) -> str:
    if not comparison.common:
        return '<div class="issues bad">The two have no recording of the same name.</div>'
    metrics = [
        METRICS[name]
        for name in _PER_RECORDING
        if any(
            METRICS[name].of(side.recordings[one]) is not None
            for side in (comparison.first, comparison.second)
            for one in comparison.common
        )
    ]
    rows = []
    for name in comparison.common:
        a, b = comparison.first.recordings[name], comparison.second.recordings[name]
        difference = comparison.differences.get(name)
        cells = [escape(name), "-" if difference is None else f"{difference.mean:.4f}"]
        for metric in metrics:
            before, after = metric.of(a), metric.of(b)
            changed = _coloured(metric, before, after)
            cells.append(f"{_both(metric, before, after)} {changed}")
        rows.append(cells)
    head = ("recording", "difference", *(metric.label for metric in metrics))
    missing = "".join(
        f'<p class="hint">only in {side}: {escape(", ".join(names))}</p>'
        for side, names in zip("AB", comparison.only, strict=True)
        if names
    )
    return f'<h3>Recordings</h3><div class="card">{table(head, rows, escaped=True)}</div>{missing}'


def _by_control(comparison: Comparison) -> str:
    weights = np.array([one.frames for one in comparison.differences.values()], dtype=float)
    if not len(weights):
        return ""
    stacked = np.array([one.by_control for one in comparison.differences.values()])
    known = np.isfinite(stacked)
    total = (known * weights[:, None]).sum(axis=0)
    means = (np.nan_to_num(stacked) * weights[:, None]).sum(axis=0) / np.maximum(total, 1.0)
    rows = []
    for group in Group:
        members = controls.group_indices(group)
        mean = float(means[members].mean())
        most = float(means.max())
        rows.append("<div>" + bar(group.capitalize(), mean, most, f"{mean:.4f}", f"group {group}"))
        rows += [
            bar(controls.NAMES[i], float(means[i]), most, f"{means[i]:.4f}", str(group))
            for i in members
        ]
        rows.append("</div>")
    return (
        "<h3>Difference by control <small>B against A</small></h3>"
        f'<div class="card"><div class="bars">{"".join(rows)}</div></div>'
    )


def _curves(comparison: Comparison) -> str:
    ranked = sorted(comparison.differences, key=lambda name: -comparison.differences[name].mean)
    parts = []
    for name in ranked[:_PLOTTED]:
        a, b = (
            read_curves(side.folder / FRAMES / f"{name}.parquet")
            for side in (comparison.first, comparison.second)
        )
        parts.append(_recording(name, a, b, comparison.differences[name].by_control.tolist()))
    return "".join(parts)


def _recording(name: str, a: FrameCurves, b: FrameCurves, errors: Sequence[float]) -> str:
    duration = float(max(a.times[-1], b.times[-1]))
    if duration <= 0.0:
        return ""
    plots = []
    for control in controls.CONTROLS:
        lines = [one.values[:, control.index] for one in (a, b)]
        low = float(min(line.min() for line in lines))
        high = float(max(line.max() for line in lines))
        room = max(0.1 - (high - low), 0.06 * (high - low)) / 2.0
        ends = (low - room, high + room)
        drawn = [
            ("other", path(a.times, lines[0], duration, *ends)),
            ("own", path(b.times, lines[1], duration, *ends)),
        ]
        said = f"difference {errors[control.index]:.4f}"
        plots.append(plot(control.name, said, str(control.group), drawn, ends, duration))
    legend = '<div class="legend plain"><span class="other">A</span><span>B</span></div>'
    return (
        f'<h2>{escape(name)}</h2><section data-duration="{duration:.6g}">{legend}'
        f'<div class="plots">{"".join(plots)}</div></section>'
    )
