# SPDX-License-Identifier: Apache-2.0
"""A run at a glance, as a picture: key figures, latency, face, control values, joints."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec

from x2c_evaluation import latency
from x2c_evaluation.latency import Latency, Stage
from x2c_evaluation.report import Report
from x2c_evaluation.session import Array, Joints, Nanoseconds, Session
from x2c_evaluation.theme import CONTROL_COLOURS, FACE_COLOURS, GROUP_COLOURS
from x2c_evaluation.topics import Part
from x2c_face import controls
from x2c_face.controls import Group
from x2c_face.frames import ControlState, FaceState

FILE_NAME = "report.png"

_INK, _FAINT, _LINE, _PAPER = "#1b222c", "#66707e", "#d8dde3", "#ffffff"
_STAGES: dict[Stage, tuple[str, str]] = {
    Stage.END_TO_END: ("camera to command", "#1b222c"),
    Stage.TRACKING: ("tracking", "#5a8dee"),
    Stage.IMITATION: ("imitation", "#f2a154"),
    Stage.ACTUATION: ("actuation", "#3fb8af"),
}
_MOST_POINTS = 3000
_JOINTS_SHOWN = 4
_WARNINGS_SHOWN = 7


def write_figure(report: Report, session: Session, path: Path) -> None:
    """Write the figure of a run as a PNG file.

    Raises:
        OSError: It cannot be written.
    """
    figure = Figure(figsize=(15.0, 11.4), dpi=110, facecolor=_PAPER)
    FigureCanvasAgg(figure)
    grid = GridSpec(
        *(11, 2, figure),
        width_ratios=[1.75, 1.0],
        height_ratios=[0.95, 2.1, 0.34, *[0.92] * 7, 1.05],
        left=0.055,
        right=0.985,
        top=0.985,
        bottom=0.045,
        hspace=0.28,
        wspace=0.13,
    )
    origin = _origin(session)
    measured = latency.measure(session)
    _headline(figure, figure.add_subplot(grid[0, :]), report)
    over_time = _latency_over_time(figure.add_subplot(grid[1, 0]), measured, origin)
    _latency_histogram(figure.add_subplot(grid[1, 1]), measured)
    _states(figure.add_subplot(grid[2, 0], sharex=over_time), session, origin)
    for row, group in enumerate(Group):
        axes = figure.add_subplot(grid[3 + row, 0], sharex=over_time)
        _group(axes, session, group, origin, last=row == len(Group) - 1)
    _joints(figure, grid[3:10, 1].subgridspec(_JOINTS_SHOWN, 1, hspace=0.5), session, origin)
    _notes(figure.add_subplot(grid[10, :]), report)
    figure.savefig(path, format="png")


def _origin(session: Session) -> int:
    stamps = session.frames.stamps
    return int(stamps.min()) if len(stamps) else 0


def _headline(figure: Figure, axes: Any, report: Report) -> None:
    axes.axis("off")
    run = report.run
    axes.text(0.0, 0.9, "X2C imitation", fontsize=21, color=_INK, weight="bold", va="top")
    subtitle = f"{_short(run.source, 34)} to robot {run.robot}, backend {run.backend}"
    axes.text(0.0, 0.40, subtitle, fontsize=11.5, color=_INK, va="top")
    end = ("failed: " if run.failed else "ended: ") + run.exit_reason
    axes.text(0.0, 0.12, _short(end, 62), fontsize=10, color=_FAINT, va="top")
    end_to_end = report.latency_ms[Stage.END_TO_END]
    share = report.face_share
    rate = report.rates_hz[Part.COMMANDS]
    figures = [
        (f"{report.duration_s:.1f} s", "duration"),
        (f"{report.frames_in}", "camera frames"),
        ("-" if share is None else f"{_percent(share)}", "with a face"),
        (f"{report.joint_commands}", "joint commands"),
        ("-" if rate is None else f"{rate:.1f} Hz", "command rate"),
        ("-" if end_to_end is None else f"{end_to_end.p50:.1f} ms", "latency p50"),
        ("-" if end_to_end is None else f"{end_to_end.p99:.1f} ms", "latency p99"),
        (f"{sum(report.drops.values())}", "drops"),
    ]
    for column, (number, name) in enumerate(figures):
        x = 0.33 + 0.67 * (column + 1) / len(figures)
        axes.text(x, 0.80, number, fontsize=15, color=_INK, ha="right", va="top")
        axes.text(x, 0.36, name, fontsize=9, color=_FAINT, ha="right", va="top")


def _latency_over_time(axes: Any, measured: dict[Stage, Latency], origin: int) -> Any:
    _style(axes, "Latency [ms]")
    for stage, (name, colour) in _STAGES.items():
        if stage in measured:
            one = measured[stage]
            step = _step(len(one.stamps))
            axes.plot(
                *(_seconds(one.stamps, origin)[::step], one.durations[::step] * 1e3, "."),
                color=colour,
                markersize=3.0,
                label=name,
                alpha=0.8,
            )
    top = _latency_limit(measured)
    if top is None:
        _empty(axes, "no latency could be measured")
    else:
        axes.set_ylim(0.0, top)
        axes.legend(loc="upper right", ncols=4, fontsize=9, frameon=False, markerscale=3)
    axes.tick_params(labelbottom=False)
    return axes


def _latency_histogram(axes: Any, measured: dict[Stage, Latency]) -> None:
    _style(axes, "Share of frames [%]")
    top = _latency_limit(measured)
    if top is None:
        _empty(axes, "no latency could be measured")
        return
    edges = np.linspace(0.0, top, 61)
    for stage, (name, colour) in _STAGES.items():
        if stage not in measured:
            continue
        values = np.clip(measured[stage].durations * 1e3, 0.0, top)
        shares = np.histogram(values, edges)[0] / len(values) * 100.0
        axes.stairs(shares, edges, color=colour, linewidth=1.6, label=name)
        p50, p99 = np.percentile(measured[stage].durations * 1e3, [50, 99])
        axes.plot([], [], " ", label=f"  p50 {p50:.1f}   p99 {p99:.1f} ms")
    axes.set_xlim(0.0, top)
    axes.set_xlabel("Latency [ms]", fontsize=9.5, color=_INK)
    axes.legend(loc="upper right", fontsize=9, frameon=False)


def _latency_limit(measured: dict[Stage, Latency]) -> float | None:
    """Return the upper end of latency axes [ms]: a few late frames must not flatten the rest."""
    tails = [
        1.25 * float(np.percentile(one.durations, 99)) * 1e3
        for stage, one in measured.items()
        if stage in _STAGES
    ]
    return max(*tails, 1.0) if tails else None


def _states(axes: Any, session: Session, origin: int) -> None:
    axes.set_yticks([0.5, 1.5], ["controls", "face"], fontsize=8.5, color=_INK)
    axes.set_ylim(0, 2)
    faces, values = session.streams[Part.FACE], session.streams[Part.CONTROLS]
    _bands(axes, faces.stamps, session.face_states, FACE_COLOURS, 1.08, origin)
    _bands(axes, values.stamps, session.control_states, CONTROL_COLOURS, 0.08, origin)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.tick_params(length=0, labelbottom=False)
    names: dict[str, str] = {
        "tracking": FACE_COLOURS[FaceState.TRACKING],
        "holding": CONTROL_COLOURS[ControlState.HOLDING],
        "neutral": CONTROL_COLOURS[ControlState.NEUTRAL],
        "face lost": FACE_COLOURS[FaceState.LOST],
    }
    for row, (name, colour) in enumerate(names.items()):
        x, y = 1.01 + 0.075 * (row % 2), 0.72 - 0.5 * (row // 2)
        axes.text(x, y, "■", color=colour, transform=axes.transAxes, fontsize=9, va="center")
        axes.text(
            *(x + 0.014, y, name),
            color=_FAINT,
            transform=axes.transAxes,
            fontsize=8.5,
            va="center",
        )


def _bands(
    axes: Any,
    stamps: Nanoseconds,
    states: Nanoseconds,
    colours: Any,
    bottom: float,
    origin: int,
) -> None:
    if not len(stamps):
        return
    times = _seconds(stamps, origin)
    changes = np.flatnonzero(np.diff(states)) + 1
    begins = np.concatenate(([0], changes))
    ends = np.concatenate((changes, [len(states) - 1]))
    for state in np.unique(states):
        here = states[begins] == state
        spans = np.stack([times[begins[here]], (times[ends] - times[begins])[here]], axis=1)
        axes.broken_barh(spans, (bottom, 0.84), color=colours.get(int(state), _LINE), lw=0)


def _group(axes: Any, session: Session, group: Group, origin: int, last: bool) -> None:
    _style(axes, group.value.capitalize())
    times = _seconds(session.streams[Part.CONTROLS].stamps, origin)
    axes.axhline(0.0, color=_FAINT, linewidth=0.8)
    indices = controls.group_indices(group)
    angle = controls.CONTROLS[indices[0]].unit is controls.Unit.RADIAN
    if len(times):
        step = _step(len(times))
        offsets = session.controls[::step][:, indices] - controls.NEUTRAL[indices]
        for column in range(len(indices)):
            share = column / max(len(indices) - 1, 1)
            axes.plot(
                *(times[::step], offsets[:, column]),
                color=GROUP_COLOURS[group],
                alpha=1.0 - 0.55 * share,
                linewidth=1.1,
            )
        most = max(float(np.abs(offsets).max()), 0.05) * 1.08
        axes.set_ylim(-most, most)
    unit = "rad" if angle else "ratio"
    text = f"{len(indices)} control{'s' if len(indices) > 1 else ''}, offset from neutral [{unit}]"
    axes.text(
        *(0.997, 0.93, text),
        transform=axes.transAxes,
        fontsize=8,
        color=_FAINT,
        ha="right",
        va="top",
    )
    axes.tick_params(labelbottom=last)
    if last:
        axes.set_xlabel("Time [s]", fontsize=9.5, color=_INK)


def _joints(figure: Figure, grid: Any, session: Session, origin: int) -> None:
    shown = _liveliest(session.commands)
    for row in range(_JOINTS_SHOWN):
        axes = figure.add_subplot(grid[row, 0])
        _style(axes, "")
        if row >= len(shown):
            if row == 0:
                _empty(axes, "no joint commands were recorded")
            else:
                axes.axis("off")
            continue
        name = shown[row]
        commanded = _line(axes, session, Part.COMMANDS, name, origin, (_INK, 1.5))
        reached = _line(axes, session, Part.JOINT_STATES, name, origin, ("#ee5d6c", 1.2))
        text = "command (dark) and state (red)" if reached and commanded else "command"
        axes.set_title(f"{name}: {text}", fontsize=9.5, color=_INK, loc="left", pad=4)
        if row == len(shown) - 1:
            axes.set_xlabel("Time [s]", fontsize=9.5, color=_INK)


def _line(
    axes: Any, session: Session, part: Part, name: str, origin: int, look: tuple[str, float]
) -> bool:
    joints = session.commands if part is Part.COMMANDS else session.joint_states
    if name not in joints.names:
        return False
    positions = joints.positions[:, joints.names.index(name)]
    # A joint state answers a command later: it is shown when it came.
    times = _seconds(session.streams[part].times, origin)
    step = _step(len(times))
    axes.plot(times[::step], positions[::step], color=look[0], linewidth=look[1])
    return True


def _liveliest(commands: Joints) -> list[str]:
    """Return the joints that move most for what they move at all, one of each region first."""
    if not commands.names or not len(commands.positions):
        return []
    finite = np.nan_to_num(commands.positions)
    scale = np.maximum(np.abs(finite).max(axis=0), 1e-9)
    order = np.argsort(-finite.std(axis=0) / scale, kind="stable")
    ranked = [commands.names[i] for i in order]
    first: dict[str, str] = {}
    for name in ranked:
        first.setdefault(name.split("_")[0], name)
    return [*first.values(), *(name for name in ranked if name not in first.values())][
        :_JOINTS_SHOWN
    ]


def _notes(axes: Any, report: Report) -> None:
    axes.axis("off")
    lines = list(report.warnings[:_WARNINGS_SHOWN]) or ["Nothing to complain about."]
    if len(report.warnings) > _WARNINGS_SHOWN:
        lines.append(f"{len(report.warnings) - _WARNINGS_SHOWN} more in report.json.")
    text = "\n".join(textwrap.shorten(line, 125) for line in lines)
    axes.text(0.0, 0.55, "Notes", fontsize=10.5, color=_INK, weight="bold", va="top")
    axes.text(0.0, 0.36, text, fontsize=9, color=_INK, va="top", linespacing=1.45)
    known = [f"{name} {version}" for name, version in report.versions.items() if version]
    versions = textwrap.fill(", ".join(known), 76)
    axes.text(0.647, 0.55, "Versions", fontsize=10.5, color=_INK, weight="bold", va="top")
    axes.text(0.647, 0.36, versions, fontsize=9, color=_FAINT, va="top", linespacing=1.45)


def _style(axes: Any, name: str) -> None:
    axes.set_ylabel(name, fontsize=9.5, color=_INK)
    axes.yaxis.set_label_coords(-0.052, 0.5)
    axes.grid(True, color=_LINE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=8.5, colors=_FAINT, length=0)
    for side in axes.spines.values():
        side.set_visible(False)


def _empty(axes: Any, text: str) -> None:
    axes.text(
        *(0.5, 0.5, text),
        transform=axes.transAxes,
        ha="center",
        va="center",
        color=_FAINT,
    )


def _seconds(stamps: Nanoseconds, origin: int) -> Array:
    return np.asarray((stamps - origin) * 1e-9)


def _step(count: int) -> int:
    return max(count // _MOST_POINTS, 1)


def _percent(share: float) -> str:
    # 99.96 % must not read as all of them.
    return "100 %" if share == 1.0 else f"{min(share * 100.0, 99.9):.1f} %"


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else "..." + text[3 - most :]
