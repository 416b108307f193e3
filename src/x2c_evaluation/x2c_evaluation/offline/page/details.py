# SPDX-License-Identifier: Apache-2.0
"""The remaining figures of a recording, as tables."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from x2c_core.control_space.controls import Group
from x2c_evaluation.offline.page.frame import table
from x2c_evaluation.offline.results.result import (
    FidelityFigures,
    Figures,
    FrameFigures,
    LimitFigures,
    RunFigures,
    SmoothnessFigures,
    TrackingFigures,
)

_LISTED = 10


def details(result: Figures) -> str:
    """Return tables of frames, tracking, steadiness, limits, and the recorded run."""
    blocks = [
        ("Frames", _frames(result.frames)),
        ("Face", _tracking(result.tracking)),
        ("Steadiness", _smoothness(result.smoothness)),
        ("Limits", _limits(result.limits)),
        ("As recorded: latency [ms]", _latency(result.recorded)),
        ("As recorded: messages", _messages(result.recorded)),
        ("Fidelity", _fidelity(result.fidelity)),
    ]
    cards = "".join(
        f'<div class="card"><h4>{escape(name)}</h4>{content}</div>'
        for name, content in blocks
        if content
    )
    return f'<h3>Figures</h3><div class="columns">{cards}</div>'


def _frames(one: FrameFigures) -> str:
    return _pairs(
        {
            "frames": one.frames,
            "could not be used": one.unusable,
            "duration [s]": _number(one.duration_s, 2),
            "rate [Hz]": _number(one.rate_hz, 2),
            "gaps": one.gaps,
            "longest gap [s]": _number(one.longest_gap_s, 3),
            "stamps that go backwards": one.stamps_backwards,
            "stamps that repeat": one.stamps_repeated,
        }
    )


def _tracking(one: TrackingFigures) -> str:
    return _pairs(
        {
            "frames with a face": one.faces,
            "frames in which the robot follows": one.followed,
            "face lost": one.losses,
            "longest loss [s]": _number(one.longest_loss_s, 2),
            "persons": one.persons,
            "neutral face known after [s]": _number(one.neutral_known_after_s, 2),
            "tracker's confidence, p5": _number(one.confidence_p5, 3),
            "distance of the eyes, p5 / p50 [px]": f"{_number(one.eye_distance_px_p5, 0)} / "
            f"{_number(one.eye_distance_px_p50, 0)}",
        }
    )


def _smoothness(one: SmoothnessFigures) -> str:
    rows = [
        (
            group.capitalize(),
            _number(one.jitter_groups.get(group), 4),
            _number(one.jerk_groups.get(group), 0),
        )
        for group in Group
    ]
    whole = ("All", _number(one.jitter, 4), _number(one.jerk, 0))
    still = f'<p class="hint">the face was still for {one.still_time_s:.1f} s</p>'
    return table(("", "jitter", "jerk [1/s³]"), [whole, *rows]) + still


def _limits(one: LimitFigures) -> str:
    rows = []
    for counts, text in (
        (one.controls_out_of_range, "out of range"),
        (one.controls_at_end_of_range, "at the end of its range"),
        (one.joints_past_limit, "joint past its limit"),
        (one.joints_asked_too_fast, "joint commanded beyond its speed limit"),
    ):
        ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
        rows += [(name, text, str(count)) for name, count in ranked[:_LISTED]]
        if len(ranked) > _LISTED:
            rest = sum(count for _, count in ranked[_LISTED:])
            rows.append((f"{len(ranked) - _LISTED} more", text, str(rest)))
    return table(("", "", "frames"), rows) if rows else '<p class="hint">none was reached</p>'


def _latency(one: RunFigures | None) -> str:
    if not one or not one.latency_ms:
        return ""
    rows = [
        (
            stage.replace("_", " "),
            *(_number(value, 1) for value in (spread.p50, spread.p99, spread.max)),
        )
        for stage, spread in one.latency_ms.items()
    ]
    return table(("", "p50", "p99", "max"), rows)


def _messages(one: RunFigures | None) -> str:
    if not one:
        return ""
    pairs: dict[str, Any] = {
        f"{name}, {count} messages": f"{_number(one.rates_hz[name], 1)} Hz"
        for name, count in one.messages.items()
    }
    pairs |= {f"dropped, {step}": count for step, count in one.drops.items()}
    return _pairs(pairs) + "".join(
        f'<p class="hint">{escape(text)}</p>' for text in one.complaints
    )


def _fidelity(one: FidelityFigures | None) -> str:
    if not one:
        return ""
    rows = [
        (
            name.replace("_", " "),
            _number(figures.r, 2),
            _number(figures.lag_ms, 0),
            _number(figures.amplitude, 2),
        )
        for name, figures in one.descriptors.items()
    ]
    whole = (
        "Mean",
        _number(one.mean_r, 2),
        _number(one.mean_lag_ms, 0),
        _number(one.mean_amplitude, 2),
    )
    left = ", ".join(name.replace("_", " ") for name in one.left_out)
    hint = f'<p class="hint">left out, hardly moved: {escape(left)}</p>' if left else ""
    return table(("", "r", "lag [ms]", "amplitude"), [whole, *rows]) + hint


def _pairs(pairs: Mapping[str, Any]) -> str:
    return table((), [(name, str(value)) for name, value in pairs.items()])


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
