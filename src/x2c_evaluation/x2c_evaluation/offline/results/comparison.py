# SPDX-License-Identifier: Apache-2.0
"""Two evaluations side by side, and thresholds that must not be passed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from x2c_core.control_space.control_error import ControlErrors, control_error
from x2c_core.control_space.controls import Group
from x2c_core.files.bounded_json import load_json_file
from x2c_core.files.entries import shown
from x2c_evaluation.errors import EvaluationError
from x2c_evaluation.offline.results.layout import FORMAT, FRAMES, REPORT
from x2c_evaluation.offline.results.metrics import METRICS, Metric
from x2c_evaluation.offline.results.result import EvaluationReport, RecordingResult
from x2c_evaluation.pipeline.frame_curves import read_curves

DIFFERENCE = "difference"
"""Metric of a comparison alone: control error of B against A, on frames of the same stamp."""


@dataclass(frozen=True)
class ComparisonSide:
    """One of two evaluations.

    Attributes:
        folder: It is in.
        report: Content of its report.json.
    """

    folder: Path
    report: EvaluationReport

    @property
    def summary(self) -> Mapping[str, float | None]:
        """Metrics over all recordings."""
        return self.report.summary

    @property
    def recordings(self) -> Mapping[str, RecordingResult]:
        """Recordings by name."""
        return {one.name: one for one in self.report.recordings}


@dataclass(frozen=True)
class Comparison:
    """Two evaluations.

    Attributes:
        first: A, the one before.
        second: B, the one after.
        differences: Differences of control values, by recording that both have.
        difference: Metrics "difference" and "difference.GROUP" over all of them.
    """

    first: ComparisonSide
    second: ComparisonSide
    differences: Mapping[str, ControlErrors]
    difference: Mapping[str, float]

    def values(self, name: str) -> tuple[float | None, float | None]:
        """Return a metric of both; the difference counts as B's, and A's is 0."""
        if name in self.difference:
            return 0.0, self.difference[name]
        return self.first.summary.get(name), self.second.summary.get(name)

    @property
    def common(self) -> list[str]:
        """Names of the recordings that both have."""
        return [name for name in self.first.recordings if name in self.second.recordings]

    @property
    def only(self) -> tuple[list[str], list[str]]:
        """Names of the recordings that only A has, and that only B has."""
        a, b = self.first.recordings, self.second.recordings
        return [name for name in a if name not in b], [name for name in b if name not in a]


@dataclass(frozen=True)
class Threshold:
    """Limit for a metric of B.

    Attributes:
        metric: Its name.
        limit: A value, a difference from A, or a share of A.
        kind: "" for a value, "+" for a difference from A, "%" for a share of A.
        above: Whether B fails above the limit, rather than below it.
    """

    metric: str
    limit: float
    kind: str
    above: bool

    def verdict(self, comparison: Comparison) -> str:
        """Return why B fails, or "" where it does not.

        A metric that cannot be compared fails: a test that measures nothing must not pass.
        """
        before, after = comparison.values(self.metric)
        metric = METRICS.get(self.metric)
        if after is None:
            return f"{self.metric}: B has none"
        if self.kind and before is None:
            return f"{self.metric}: A has none"
        start = before or 0.0
        limit = {
            "": self.limit,
            "+": start + self.limit,
            "%": start * (1.0 + self.limit / 100.0),
        }[self.kind]
        if after > limit if self.above else after < limit:
            word = "above" if self.above else "below"
            show = metric.text if metric else (lambda value: f"{value:.4f}")
            of = f" (A has {show(before)})" if self.kind else ""
            return f"{self.metric}: {show(after)} is {word} {show(limit)}{of}"
        return ""


_THRESHOLD = re.compile(r"([\w.]+)=([+-]?)([0-9.eE-]+)(%?)")


def parse_threshold(text: str, above: bool) -> Threshold:
    """Return the threshold in a text: METRIC=0.05, METRIC=+0.01 or METRIC=+10%.

    Raises:
        EvaluationError: It is none, or there is no such metric.
    """
    match = _THRESHOLD.fullmatch(text.strip())
    try:
        number = float(match[2] + match[3]) if match else np.nan
    except ValueError:
        number = np.nan
    if match is None or not np.isfinite(number):
        raise EvaluationError(
            f"threshold {text!r}: expected METRIC=VALUE, METRIC=+CHANGE or METRIC=+PERCENT%"
        )
    name = match[1]
    if name not in METRICS and name not in _difference_names():
        raise EvaluationError(
            f"unknown metric {name!r}; metrics: {', '.join((*_shown_names(), DIFFERENCE))}, and "
            "most of them with .GROUP or .CONTROL (error.mouth, error.jaw_pitch)"
        )
    kind = "%" if match[4] else "+" if match[2] else ""
    return Threshold(name, number, kind, above)


def compare(first: Path, second: Path) -> Comparison:
    """Return two evaluations side by side.

    Args:
        first: Folder of an evaluation, or its report.json.
        second: Likewise.

    Raises:
        EvaluationError: One is none.
    """
    a, b = read_side(first), read_side(second)
    differences = {}
    pairs: list[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]] = []
    for name in (name for name in a.recordings if name in b.recordings):
        values = _matched(a.folder, b.folder, name)
        if values is None:
            continue
        error = control_error(values[1], values[0])
        if error is not None:
            differences[name] = error
            pairs.append(values)
    difference: dict[str, float] = {}
    if pairs:
        whole = control_error(
            np.concatenate([one for _, one in pairs]), np.concatenate([one for one, _ in pairs])
        )
        if whole is not None:
            difference = {DIFFERENCE: whole.mean} | {
                f"{DIFFERENCE}.{group}": value for group, value in whole.by_group.items()
            }
    return Comparison(a, b, differences, difference)


def compared_metrics(comparison: Comparison) -> list[Metric]:
    """Return the metrics for a table of both: those that one of them has."""
    return [
        metric
        for metric in METRICS.values()
        if metric.in_tables and any(one is not None for one in comparison.values(metric.name))
    ]


def better(metric: Metric, before: float | None, after: float | None) -> bool | None:
    """Return whether B is better than A by a metric; None where they are equal to the eye."""
    if before is None or after is None or metric.lower_is_better is None:
        return None
    if metric.text(before) == metric.text(after):
        return None
    return (after < before) is metric.lower_is_better


def read_side(path: Path) -> ComparisonSide:
    """Return an evaluation.

    Args:
        path: Folder of an evaluation, or its report.json.

    Raises:
        EvaluationError: It is none.
    """
    file = path / REPORT if path.is_dir() else path
    try:
        content = load_json_file(file)
        known = content["format"]
        if known != FORMAT:
            raise EvaluationError(
                f"{file} has the form {known}, this program writes {FORMAT}: evaluate again"
            )
        report = EvaluationReport.from_json(content)
        for one in report.recordings:
            _expect_file_name(one.name)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise EvaluationError(
            f"{path} is no evaluation: expected a folder with the {REPORT} that 'x2c evaluate' "
            f"writes ({error})"
        ) from error
    return ComparisonSide(file.parent, report)


def _expect_file_name(name: str) -> None:
    """Refuse a name that leads elsewhere than to a file beside others.

    Raises:
        ValueError: It does.
    """
    if name in ("", ".", "..") or {*"/\0"} & {*name}:
        raise ValueError(f"the name of a recording is {shown(name)}, expected that of a file")


def _matched(
    first: Path, second: Path, name: str
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]] | None:
    """Return the control values of the frames that both follow, A's and B's."""
    paths = [side / FRAMES / f"{name}.parquet" for side in (first, second)]
    if not all(path.is_file() for path in paths):
        return None
    a, b = (read_curves(path) for path in paths)
    _, left, right = np.intersect1d(a.stamps, b.stamps, return_indices=True)
    both = a.followed[left] & b.followed[right]
    if not both.any():
        return None
    return a.values[left][both], b.values[right][both]


def _shown_names() -> Sequence[str]:
    return [name for name, metric in METRICS.items() if metric.in_tables]


def _difference_names() -> Sequence[str]:
    return [DIFFERENCE, *(f"{DIFFERENCE}.{group}" for group in Group)]
