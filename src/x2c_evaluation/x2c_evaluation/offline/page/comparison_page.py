# SPDX-License-Identifier: Apache-2.0
"""Two evaluations side by side as one page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from x2c_core.control_space import controls
from x2c_core.control_space.controls import Group
from x2c_evaluation.offline.page.plots import ControlBars, Line, Plot, control_bars, ends
from x2c_evaluation.offline.page.rendering import render
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
    sides = comparison.first, comparison.second
    metrics = [
        MetricChange(metric, *comparison.values(metric.name))
        for metric in compared_metrics(comparison)
    ]
    return render(
        "comparison.html",
        names=[side.folder.resolve().name for side in sides],
        sides=[_facts(side) for side in sides],
        verdicts=verdicts,
        thresholds=thresholds,
        tiles=_tiles(comparison),
        metrics=metrics,
        recordings=RecordingTable(comparison),
        by_control=_by_control(comparison),
        curves=list(_curves(comparison)),
        versions=comparison.second.report.versions,
    )


@dataclass(frozen=True)
class MetricChange:
    """Change of a metric from A to B.

    Attributes:
        metric: The metric.
        first: Value of A; None if it has none.
        second: Value of B likewise.
    """

    metric: Metric
    first: float | None
    second: float | None

    @property
    def before(self) -> str:
        """Value of A for people."""
        return self.metric.text(self.first)

    @property
    def after(self) -> str:
        """Value of B for people."""
        return self.metric.text(self.second)

    @property
    def both(self) -> str:
        """Both values; only one where they look alike."""
        return self.before if self.before == self.after else f"{self.before} → {self.after}"

    @property
    def text(self) -> str:
        """Change in short; empty where none is seen."""
        return change(self.metric, self.first, self.second)

    @property
    def kind(self) -> str:
        """Return "better" or "worse" for B; empty for neither."""
        verdict = better(self.metric, self.first, self.second)
        return {True: "better", False: "worse", None: ""}[verdict]


def change(metric: Metric, before: float | None, after: float | None) -> str:
    """Return how a metric changes from A to B, in short; empty where none is seen."""
    if before is None or after is None or metric.text(before) == metric.text(after):
        return ""
    text = metric.text(after - before)
    share = f" ({(after - before) / before:+.0%})" if before and metric.unit != "%" else ""
    return f"{'+' if after >= before else ''}{text}{share}"


@dataclass(frozen=True)
class RecordingTable:
    """Metrics of the recordings that both have.

    Attributes:
        comparison: Comparison of two evaluations.
    """

    comparison: Comparison

    @property
    def labels(self) -> list[str]:
        """Labels of the metrics that any of them has."""
        return [metric.label for metric in self._metrics]

    @property
    def rows(self) -> list[tuple[str, float | None, list[MetricChange]]]:
        """Name, difference and metrics of each recording."""
        a, b = self.comparison.first.recordings, self.comparison.second.recordings
        rows = []
        for name in self.comparison.common:
            errors = self.comparison.differences.get(name)
            changes = [
                MetricChange(one, one.of(a[name]), one.of(b[name])) for one in self._metrics
            ]
            rows.append((name, None if errors is None else errors.mean, changes))
        return rows

    @property
    def only(self) -> list[tuple[str, list[str]]]:
        """Name of each side with the recordings that only it has."""
        return list(zip("AB", self.comparison.only, strict=True))

    @property
    def _metrics(self) -> list[Metric]:
        sides = self.comparison.first, self.comparison.second
        results = [side.recordings[name] for side in sides for name in self.comparison.common]
        every = [METRICS[name] for name in _PER_RECORDING]
        return [one for one in every if any(one.of(result) is not None for result in results)]


@dataclass(frozen=True)
class ControlDifferences:
    """Differences of all recordings together, by group and control.

    Attributes:
        groups: Bars of the groups and controls.
        most: Largest difference of a control.
    """

    groups: ControlBars
    most: float


def _facts(side: ComparisonSide) -> str:
    settings = side.report.settings
    said = f"robot {settings.robot}, backend {settings.backend}"
    for part, before in CHOSEN.items():
        chosen = getattr(settings, part)
        said += "".join(f", {before}{name} {value}" for name, value in chosen.items())
    return f"{side.folder / PAGE} · {said}"


def _tiles(comparison: Comparison) -> list[tuple[str, str]]:
    tiles = []
    if DIFFERENCE in comparison.difference:
        tiles.append((f"{comparison.difference[DIFFERENCE]:.4f}", "difference of controls"))
    for name in _TILES:
        one = MetricChange(METRICS[name], *comparison.values(name))
        if one.first is not None and one.second is not None:
            tiles.append((one.both, one.metric.label))
    return [*tiles, (str(len(comparison.common)), "recordings in both")]


def _by_control(comparison: Comparison) -> ControlDifferences | None:
    weights = np.array([one.frames for one in comparison.differences.values()], dtype=float)
    if not len(weights):
        return None
    stacked = np.array([one.by_control for one in comparison.differences.values()])
    known = np.isfinite(stacked)
    total = (known * weights[:, None]).sum(axis=0)
    means = (np.nan_to_num(stacked) * weights[:, None]).sum(axis=0) / np.maximum(total, 1.0)
    by_name = dict(zip(controls.NAMES, means.tolist(), strict=True))
    groups = {str(g): float(means[controls.group_indices(g)].mean()) for g in Group}
    return ControlDifferences(control_bars(groups.get, by_name.get), float(means.max()))


def _curves(comparison: Comparison) -> Iterator[tuple[str, float, list[Plot]]]:
    """Yield name, duration [s] and plots of the recordings that differ most."""
    ranked = sorted(comparison.differences, key=lambda name: -comparison.differences[name].mean)
    for name in ranked[:_PLOTTED]:
        a, b = (
            read_curves(side.folder / FRAMES / f"{name}.parquet")
            for side in (comparison.first, comparison.second)
        )
        duration = float(max(a.times[-1], b.times[-1]))
        if duration > 0.0:
            errors = comparison.differences[name].by_control.tolist()
            yield name, duration, _plots(a, b, duration, errors)


def _plots(a: FrameCurves, b: FrameCurves, duration: float, errors: Sequence[float]) -> list[Plot]:
    plots = []
    for control in controls.CONTROLS:
        lines = [
            Line("other", a.times, a.values[:, control.index]),
            Line("own", b.times, b.values[:, control.index]),
        ]
        note = f"difference {errors[control.index]:.4f}"
        plots.append(Plot(control.name, note, str(control.group), duration, *ends(lines), lines))
    return plots
