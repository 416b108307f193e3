# SPDX-License-Identifier: Apache-2.0
"""Positions, velocities and accelerations of the joints through a fault, as an image."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from x2c_actuation.pipeline.motion_limits import MotionLimits
from x2c_actuation.safety.state_machine import State
from x2c_cli.faults.observation.motion_log import Change, MotionLog
from x2c_core.arrays import Array
from x2c_core.images.figure_theme import FAINT, HUES, INK, plain

_BANDS: dict[State, str] = {
    State.DISABLED: "#e3e6ea",
    State.RAMPING: "#d9e8fb",
    State.ACTIVE: "#e0f3e6",
    State.HOLDING: "#fbf0d3",
    State.EASING: "#f6e2f4",
    State.HALTING: "#f9e4d4",
    State.STOPPED: "#f8d5d5",
    State.FAULT: "#e9c9c9",
}
_SHOWN = 4
"""Joints that are drawn in colour."""
_MARGIN = 0.12
_MOST_LABELS = 4
_PAUSE = 0.1
"""Lines are broken where nothing was sent for so long [s]."""


def draw(title: str, log: MotionLog, limits: MotionLimits, names: tuple[str, ...]) -> Figure:
    """Return the image of a log: every joint in shares of its limits, the liveliest in colour.

    Args:
        title: Description of the fault.
        log: Log of the joints.
        limits: Limits of the joints.
        names: Names of the joints.
    """
    sent, actual = log.sent, log.actual
    measured, dotted = (actual, "servos") if len(actual.times) else (log.measured, "measured")
    figure = Figure(figsize=(11.0, 7.6), layout="constrained", facecolor="white")
    axes = figure.subplots(3, 1, sharex=True)
    figure.suptitle(title, x=0.01, ha="left", fontsize=13, color=INK, fontweight="bold")
    middle, half = (limits.lower + limits.upper) / 2.0, (limits.upper - limits.lower) / 2.0
    moving = sent.states != State.DISABLED.value
    times, idle = sent.times, ~moving[:, None]
    positions = np.where(idle, np.nan, (sent.positions - middle) / half)
    rows = (
        ("position", times, positions),
        ("velocity", times[1:], sent.speeds / limits.velocity),
        ("acceleration", times[2:], sent.changes_of_speed / limits.acceleration),
    )
    liveliest = _liveliest((actual.positions - middle) / half if len(actual.times) else positions)
    end = float(times[-1]) if len(times) else 1.0
    for one, (name, moments, shares) in zip(axes, rows, strict=True):
        _bands(one, log.changes, end)
        _lines(one, moments, shares, liveliest, names)
        for bound in (-1.0, 1.0):
            one.axhline(bound, color=INK, linewidth=0.9, linestyle=(0, (4, 3)))
        one.set_ylim(-1.0 - _MARGIN, 1.0 + _MARGIN)
        one.set_ylabel(f"{name}\n[share of the limit]", fontsize=9, color=INK)
        for event in log.events:
            one.axvline(event.time, color=INK, linewidth=0.8)
        plain(one)
    for joint, hue in zip(liveliest, HUES, strict=False):
        where = (measured.positions[:, joint] - middle[joint]) / half[joint]
        look = {"color": hue, "linewidth": 0.9, "linestyle": ":"}
        axes[0].plot(measured.times, _broken(measured.times, where[:, None])[:, 0], **look)
    _label_events(axes[0], log, end)
    axes[0].legend(loc="lower left", ncols=4, fontsize=8, frameon=False)
    axes[-1].set_xlim(0.0, end)
    axes[-1].set_xlabel(
        f"time [s]; dotted: {dotted}; dashed: the limits; grey: all other joints"
        + _numbered_events(log),
        fontsize=9,
        color=INK,
    )
    _label_states(figure, log.changes)
    return figure


def save(figure: Figure, path: Path) -> None:
    """Write an image as PNG."""
    figure.savefig(path, dpi=80)


def _liveliest(positions: Array) -> list[int]:
    """Return the joints that move most."""
    moved = np.nan_to_num(np.nanstd(positions, axis=0)) if len(positions) else positions
    return [int(joint) for joint in np.argsort(-moved, kind="stable")[:_SHOWN]]


def _lines(
    axes: Any, times: Array, shares: Array, liveliest: list[int], names: tuple[str, ...]
) -> None:
    broken = _broken(times, shares)
    others = [joint for joint in range(shares.shape[1]) if joint not in liveliest]
    axes.plot(times, broken[:, others], color=FAINT, linewidth=0.5, alpha=0.35)
    for joint, hue in zip(liveliest, HUES, strict=False):
        axes.plot(times, broken[:, joint], color=hue, linewidth=1.1, label=names[joint])


def _broken(times: Array, values: Array) -> Array:
    """Return values (m, n) without those before a pause, so that no line crosses it."""
    late = np.concatenate([np.diff(times) > _PAUSE, [False]])
    return np.where(late[:, None], np.nan, values)


def _bands(axes: Any, changes: list[Change], end: float) -> None:
    ends = [*(change.time for change in changes[1:]), end]
    # Without changes there is an end and nothing else.
    for change, until in zip(changes, ends, strict=False):
        axes.axvspan(change.time, until, color=_BANDS[change.state], linewidth=0)


def _label_events(axes: Any, log: MotionLog, end: float) -> None:
    crowded = len(log.events) > _MOST_LABELS
    for row, event in enumerate(log.events):
        right = event.time > 0.6 * end and not crowded
        axes.annotate(
            str(row + 1) if crowded else event.text,
            (event.time, 1.0 + _MARGIN),
            xytext=(-4 if right else 4, -9 - (0 if crowded else 11 * row)),
            textcoords="offset points",
            ha="right" if right else "left",
            fontsize=8,
            color=INK,
        )


def _numbered_events(log: MotionLog) -> str:
    """Return the events by their numbers, where there was no room for them in the plot."""
    if len(log.events) <= _MOST_LABELS:
        return ""
    listed = "   ".join(f"{i + 1} {event.text}" for i, event in enumerate(log.events))
    return "\n" + textwrap.fill(listed, 150)


def _label_states(figure: Figure, changes: list[Change]) -> None:
    from matplotlib.patches import Patch

    met = list(dict.fromkeys(change.state for change in changes))
    patches = [Patch(color=_BANDS[state], label=state.name.lower()) for state in met]
    figure.legend(
        handles=patches, loc="outside upper right", ncols=len(patches), fontsize=8, frameon=False
    )
