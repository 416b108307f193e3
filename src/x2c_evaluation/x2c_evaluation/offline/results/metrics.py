# SPDX-License-Identifier: Apache-2.0
"""The figures that recordings and evaluations are compared by, each with a name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from x2c_core.control_space import controls
from x2c_core.control_space.controls import Group
from x2c_evaluation.offline.results.result import (
    ErrorFigures,
    FidelityFigures,
    Figures,
    RecordingResult,
)
from x2c_evaluation.run_report.latency import LatencyStage, Percentiles


@dataclass(frozen=True)
class Metric:
    """One figure.

    Attributes:
        name: Name by which a user selects it.
        label: For people.
        unit: "" for none; "%" for shares, which are kept from 0 to 1.
        digits: Behind the point.
        lower_is_better: Better direction; None if neither is better.
        of: Returns it for a recording; None where it has none.
        weight: Returns how much a recording counts in the mean over several.
        in_tables: Whether it is shown in tables of all metrics.
    """

    name: str
    label: str
    unit: str
    digits: int
    lower_is_better: bool | None
    of: Callable[[RecordingResult], float | None]
    weight: Callable[[RecordingResult], float]
    in_tables: bool = True

    def text(self, value: float | None) -> str:
        """Return a value for people."""
        if value is None:
            return "-"
        if self.unit == "%":
            return f"{value:.{self.digits}%}"
        return f"{value:.{self.digits}f}{' ' + self.unit if self.unit else ''}"


Figure = Callable[[Figures], float | None]


def _of(read: Figure) -> Callable[[RecordingResult], float | None]:
    def of(result: RecordingResult) -> float | None:
        value = None if result.figures is None else read(result.figures)
        return None if value is None else float(value)

    return of


def _weight(read: Figure) -> Callable[[RecordingResult], float]:
    of = _of(read)
    return lambda result: of(result) or 0.0


def _error(
    reference: str, read: Callable[[ErrorFigures], float | None]
) -> Callable[[Figures], float | None]:
    def figure(figures: Figures) -> float | None:
        error = figures.errors.get(reference)
        return None if error is None else read(error)

    return figure


def _group(group: str) -> Callable[[ErrorFigures], float | None]:
    return lambda error: error.groups.get(group)


def _control(name: str) -> Callable[[ErrorFigures], float | None]:
    return lambda error: error.controls.get(name)


def _jitter(group: str) -> Figure:
    return lambda figures: figures.smoothness.jitter_groups.get(group)


def _fidelity(read: Callable[[FidelityFigures], float | None]) -> Figure:
    return lambda figures: None if figures.fidelity is None else read(figures.fidelity)


def _latency(read: Callable[[Percentiles], float]) -> Figure:
    def figure(figures: Figures) -> float | None:
        recorded = figures.recorded
        spread = None if recorded is None else recorded.latency_ms.get(LatencyStage.END_TO_END)
        return None if spread is None else read(spread)

    return figure


def _losses(figures: Figures) -> float | None:
    seconds = figures.frames.duration_s
    return figures.tracking.losses / seconds * 60.0 if seconds else None


def _unusable(figures: Figures) -> float | None:
    frames = figures.frames.frames
    return figures.frames.unusable / frames if frames else None


def _drops(figures: Figures) -> float | None:
    recorded = figures.recorded
    return None if recorded is None else float(sum(recorded.drops.values()))


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower())


_FRAMES = _weight(lambda figures: figures.frames.usable)
_ONE: Callable[[RecordingResult], float] = lambda result: 1.0  # noqa: E731 - one expression


def _errors() -> list[Metric]:
    made = []
    for prefix, reference, text in (
        ("error", "against", "control error"),
        ("recorded_error", "recorded", "control error against recorded values"),
    ):
        weight = _weight(_error(reference, lambda error: error.frames))
        mean = _of(_error(reference, lambda error: error.mean))
        p95 = _of(_error(reference, lambda error: error.p95))
        made.append(Metric(prefix, text, "", 4, True, mean, weight))
        made.append(Metric(f"{prefix}_p95", f"{text}, p95", "", 4, True, p95, weight))
        made += [
            Metric(
                f"{prefix}.{group}",
                f"{text}, {group}",
                *("", 4, True),
                _of(_error(reference, _group(group))),
                weight,
                in_tables=False,
            )
            for group in Group
        ]
        made += [
            Metric(
                f"{prefix}.{_slug(name)}",
                f"{text}, {name}",
                *("", 4, True),
                _of(_error(reference, _control(name))),
                weight,
                in_tables=False,
            )
            for name in controls.NAMES
        ]
    return made


def _others() -> list[Metric]:
    still = _weight(lambda figures: figures.smoothness.still_time_s)
    groups = [
        Metric(
            f"jitter.{group}",
            f"jitter, {group}",
            *("", 4, True),
            _of(_jitter(group)),
            still,
            in_tables=False,
        )
        for group in Group
    ]
    counted = _weight(_latency(lambda spread: spread.count))
    fidelity = _weight(_fidelity(lambda one: one.descriptors_compared))
    return [
        Metric(
            "face_share",
            "frames with a face",
            "%",
            1,
            False,
            _of(lambda figures: figures.tracking.face_share),
            _FRAMES,
        ),
        Metric("losses_per_minute", "face lost, per minute", "", 2, True, _of(_losses), _FRAMES),
        Metric(
            "unusable_share",
            "frames that could not be used",
            "%",
            2,
            True,
            _of(_unusable),
            _weight(lambda figures: figures.frames.frames),
        ),
        Metric(
            "jitter",
            "jitter on a still face",
            "",
            4,
            True,
            _of(lambda figures: figures.smoothness.jitter),
            still,
        ),
        *groups,
        Metric(
            "jerk",
            "jerk [1/s³]",
            "",
            0,
            True,
            _of(lambda figures: figures.smoothness.jerk),
            _FRAMES,
        ),
        Metric(
            "clamped_share",
            "frames with a joint past its limit",
            "%",
            2,
            True,
            _of(lambda figures: figures.limits.clamped_share),
            _FRAMES,
        ),
        Metric(
            "too_fast_share",
            "frames that command a joint beyond its speed limit",
            "%",
            2,
            True,
            _of(lambda figures: figures.limits.too_fast_share),
            _FRAMES,
        ),
        Metric(
            "fidelity_r",
            "fidelity, mean r",
            "",
            3,
            False,
            _of(_fidelity(lambda one: one.mean_r)),
            fidelity,
        ),
        Metric(
            "fidelity_lag_ms",
            "fidelity, lag",
            "ms",
            0,
            True,
            _of(_fidelity(lambda one: one.mean_lag_ms)),
            fidelity,
        ),
        Metric(
            "fidelity_amplitude",
            "fidelity, amplitude",
            "",
            2,
            None,
            _of(_fidelity(lambda one: one.mean_amplitude)),
            fidelity,
        ),
        Metric(
            "latency_p50_ms",
            "recorded latency, p50",
            "ms",
            1,
            True,
            _of(_latency(lambda spread: spread.p50)),
            counted,
        ),
        Metric(
            "latency_p99_ms",
            "recorded latency, p99",
            "ms",
            1,
            True,
            _of(_latency(lambda spread: spread.p99)),
            counted,
        ),
        Metric("drops", "recorded drops per recording", "", 1, True, _of(_drops), _ONE),
        Metric(
            "failed",
            "share of recordings that failed",
            "%",
            0,
            True,
            lambda result: float(bool(result.failed)),
            _ONE,
        ),
    ]


METRICS: Mapping[str, Metric] = {one.name: one for one in (*_errors(), *_others())}
"""All metrics, by name."""


def metrics_of(result: RecordingResult) -> dict[str, float]:
    """Return every metric that a recording has."""
    return {name: value for name, one in METRICS.items() if (value := one.of(result)) is not None}


def summary(results: Sequence[RecordingResult]) -> dict[str, float]:
    """Return every metric that any recording has, as the mean weighted by what it is made from."""
    found: dict[str, float] = {}
    for name, metric in METRICS.items():
        pairs = [(value, metric.weight(r)) for r in results if (value := metric.of(r)) is not None]
        total = sum(weight for _, weight in pairs)
        if total > 0.0:
            found[name] = sum(value * weight for value, weight in pairs) / total
    return found
