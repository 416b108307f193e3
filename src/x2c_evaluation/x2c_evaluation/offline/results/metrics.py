# SPDX-License-Identifier: Apache-2.0
"""The figures that recordings and evaluations are compared by, each with a name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from x2c_core.control_space import controls
from x2c_core.control_space.controls import Group

Result = Mapping[str, Any]


@dataclass(frozen=True)
class Metric:
    """One figure.

    Attributes:
        name: By which a user asks for it.
        label: For people.
        unit: "" for none; "%" for shares, which are kept from 0 to 1.
        digits: Behind the point.
        lower_is_better: Which way is better; None where neither is.
        of: Returns it for a recording; None where it has none.
        weight: Returns how much a recording counts in the mean over several.
        in_tables: Whether it is shown in tables of all metrics.
    """

    name: str
    label: str
    unit: str
    digits: int
    lower_is_better: bool | None
    of: Callable[[Result], float | None]
    weight: Callable[[Result], float]
    in_tables: bool = True

    def text(self, value: float | None) -> str:
        """Return a value for people."""
        if value is None:
            return "-"
        if self.unit == "%":
            return f"{value:.{self.digits}%}"
        return f"{value:.{self.digits}f}{' ' + self.unit if self.unit else ''}"


def _dig(result: Any, *keys: str) -> float | None:
    for key in keys:
        if not isinstance(result, Mapping):
            return None
        result = result.get(key)
    return float(result) if isinstance(result, int | float) else None


def _at(*keys: str) -> Callable[[Result], float | None]:
    return lambda result: _dig(result, *keys)


def _weight(*keys: str) -> Callable[[Result], float]:
    return lambda result: _dig(result, *keys) or 0.0


def _losses(result: Result) -> float | None:
    losses, seconds = _dig(result, "tracking", "losses"), _dig(result, "frames", "duration_s")
    return None if losses is None or not seconds else losses / seconds * 60.0


def _unusable(result: Result) -> float | None:
    bad, frames = _dig(result, "frames", "unusable"), _dig(result, "frames", "frames")
    return None if bad is None or not frames else bad / frames


def _drops(result: Result) -> float | None:
    recorded = result.get("recorded")
    return None if not recorded else float(sum(recorded["drops"].values()))


def _failed(result: Result) -> float | None:
    return 1.0 if result.get("failed") else 0.0


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower())


_FRAMES = _weight("frames", "usable")
_ONE: Callable[[Result], float] = lambda result: 1.0  # noqa: E731 - one expression


def _errors() -> list[Metric]:
    made = []
    for prefix, reference, text in (
        ("error", "against", "control error"),
        ("recorded_error", "recorded", "control error against recorded values"),
    ):
        where = ("errors", reference)
        weight = _weight(*where, "frames")
        made.append(Metric(prefix, text, "", 4, True, _at(*where, "mean"), weight))
        made.append(
            Metric(f"{prefix}_p95", f"{text}, p95", "", 4, True, _at(*where, "p95"), weight)
        )
        made += [
            Metric(
                f"{prefix}.{group}",
                f"{text}, {group}",
                *("", 4, True),
                _at(*where, "groups", group),
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
                _at(*where, "controls", name),
                weight,
                in_tables=False,
            )
            for name in controls.NAMES
        ]
    return made


def _others() -> list[Metric]:
    still = _weight("smoothness", "still_time_s")
    groups = [
        Metric(
            f"jitter.{group}",
            f"jitter, {group}",
            *("", 4, True),
            _at("smoothness", "jitter_groups", group),
            still,
            in_tables=False,
        )
        for group in Group
    ]
    latency = ("recorded", "latency_ms", "end_to_end")
    counted = _weight(*latency, "count")
    fidelity = _weight("fidelity", "descriptors_compared")
    return [
        Metric(
            "face_share",
            "frames with a face",
            "%",
            1,
            False,
            _at("tracking", "face_share"),
            _FRAMES,
        ),
        Metric("losses_per_minute", "face lost, per minute", "", 2, True, _losses, _FRAMES),
        Metric(
            "unusable_share",
            "frames that could not be used",
            "%",
            2,
            True,
            _unusable,
            _weight("frames", "frames"),
        ),
        Metric(
            "jitter", "jitter on a still face", "", 4, True, _at("smoothness", "jitter"), still
        ),
        *groups,
        Metric("jerk", "jerk [1/s³]", "", 0, True, _at("smoothness", "jerk"), _FRAMES),
        Metric(
            "clamped_share",
            "frames with a joint past its limit",
            "%",
            2,
            True,
            _at("limits", "clamped_share"),
            _FRAMES,
        ),
        Metric(
            "too_fast_share",
            "frames with a joint asked too fast",
            "%",
            2,
            True,
            _at("limits", "too_fast_share"),
            _FRAMES,
        ),
        Metric(
            "fidelity_r", "fidelity, mean r", "", 3, False, _at("fidelity", "mean_r"), fidelity
        ),
        Metric(
            "fidelity_lag_ms",
            "fidelity, lag",
            "ms",
            0,
            True,
            _at("fidelity", "mean_lag_ms"),
            fidelity,
        ),
        Metric(
            "fidelity_amplitude",
            "fidelity, amplitude",
            "",
            2,
            None,
            _at("fidelity", "mean_amplitude"),
            fidelity,
        ),
        Metric(
            "latency_p50_ms", "recorded latency, p50", "ms", 1, True, _at(*latency, "p50"), counted
        ),
        Metric(
            "latency_p99_ms", "recorded latency, p99", "ms", 1, True, _at(*latency, "p99"), counted
        ),
        Metric("drops", "recorded drops per recording", "", 1, True, _drops, _ONE),
        Metric("failed", "share of recordings that failed", "%", 0, True, _failed, _ONE),
    ]


METRICS: Mapping[str, Metric] = {one.name: one for one in (*_errors(), *_others())}
"""All metrics, by name."""


def metrics_of(result: Result) -> dict[str, float]:
    """Return every metric that a recording has."""
    return {name: value for name, one in METRICS.items() if (value := one.of(result)) is not None}


def summary(results: Sequence[Result]) -> dict[str, float]:
    """Return every metric that any recording has, as the mean weighted by what it is made from."""
    found: dict[str, float] = {}
    for name, metric in METRICS.items():
        pairs = [(value, metric.weight(r)) for r in results if (value := metric.of(r)) is not None]
        total = sum(weight for _, weight in pairs)
        if total > 0.0:
            found[name] = sum(value * weight for value, weight in pairs) / total
    return found
