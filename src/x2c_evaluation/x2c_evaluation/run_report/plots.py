# SPDX-License-Identifier: Apache-2.0
"""The plots of the report's figure, each into axes that are given to it."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from x2c_bags.frames.recorded_run import Joints, Nanoseconds, RecordedRun
from x2c_bags.schema.topics import Part
from x2c_core.arrays import Array
from x2c_core.control_space import controls
from x2c_core.control_space.controls import Group
from x2c_core.face.frames import ControlState, FaceState
from x2c_core.images.figure_theme import FAINT, INK, LINE, plain
from x2c_core.images.theme import CONTROL_COLOURS, FACE_COLOURS, GROUP_COLOURS
from x2c_evaluation.run_report.latency import Latency, LatencyStage

_STAGES: dict[LatencyStage, tuple[str, str]] = {
    LatencyStage.END_TO_END: ("camera to command", INK),
    LatencyStage.TRACKING: ("tracking", "#5a8dee"),
    LatencyStage.IMITATION: ("imitation", "#f2a154"),
    LatencyStage.ACTUATION: ("actuation", "#3fb8af"),
}
_MOST_POINTS = 3000
JOINTS_SHOWN = 4


def latency_over_time(axes: Any, measured: dict[LatencyStage, Latency], origin: int) -> Any:
    """Plot each stage's latency frame by frame and return the axes."""
    _style(axes, "Latency [ms]")
    for stage, (name, colour) in _STAGES.items():
        if stage in measured:
            one = measured[stage]
            step = _step(len(one.stamps))
            times, durations = _seconds(one.stamps, origin)[::step], one.durations[::step]
            axes.plot(times, durations * 1e3, ".", color=colour, markersize=3.0, label=name)
    top = _latency_limit(measured)
    if top is None:
        _empty(axes, "no latency could be measured")
    else:
        axes.set_ylim(0.0, top)
        axes.legend(loc="upper right", ncols=4, fontsize=9, frameon=False, markerscale=3)
    axes.tick_params(labelbottom=False)
    return axes


def latency_histogram(axes: Any, measured: dict[LatencyStage, Latency]) -> None:
    """Plot how each stage's latencies are distributed."""
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
    axes.set_xlabel("Latency [ms]", fontsize=9.5, color=INK)
    axes.legend(loc="upper right", fontsize=9, frameon=False)


def _latency_limit(measured: dict[LatencyStage, Latency]) -> float | None:
    """Return the upper end of latency axes [ms]: a few late frames must not flatten the rest."""
    tails = [
        1.25 * float(np.percentile(one.durations, 99)) * 1e3
        for stage, one in measured.items()
        if stage in _STAGES
    ]
    return max(*tails, 1.0) if tails else None


def states(axes: Any, recorded_run: RecordedRun, origin: int) -> None:
    """Plot when a face was tracked and where the control values came from."""
    axes.set_yticks([0.5, 1.5], ["controls", "face"], fontsize=8.5, color=INK)
    axes.set_ylim(0, 2)
    faces, values = recorded_run.streams[Part.FACE], recorded_run.streams[Part.CONTROLS]
    _bands(axes, faces.stamps, recorded_run.face_states, FACE_COLOURS, 1.08, origin)
    _bands(axes, values.stamps, recorded_run.control_states, CONTROL_COLOURS, 0.08, origin)
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
        x += 0.014
        axes.text(x, y, name, color=FAINT, transform=axes.transAxes, fontsize=8.5, va="center")


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
        axes.broken_barh(spans, (bottom, 0.84), color=colours.get(int(state), LINE), lw=0)


def group_offsets(
    axes: Any, recorded_run: RecordedRun, group: Group, origin: int, last: bool
) -> None:
    """Plot how far the controls of one group are from neutral."""
    _style(axes, group.value.capitalize())
    times = _seconds(recorded_run.shown.stream.stamps, origin)
    axes.axhline(0.0, color=FAINT, linewidth=0.8)
    indices = controls.group_indices(group)
    angle = controls.CONTROLS[indices[0]].unit is controls.Unit.RADIAN
    if len(times):
        step = _step(len(times))
        offsets = recorded_run.shown.values[::step][:, indices] - controls.NEUTRAL[indices]
        for column in range(len(indices)):
            share = column / max(len(indices) - 1, 1)
            look = {"color": GROUP_COLOURS[group], "alpha": 1.0 - 0.55 * share, "linewidth": 1.1}
            axes.plot(times[::step], offsets[:, column], **look)
        most = max(float(np.abs(offsets).max()), 0.05) * 1.08
        axes.set_ylim(-most, most)
    unit = "rad" if angle else "ratio"
    text = f"{len(indices)} control{'s' if len(indices) > 1 else ''}, offset from neutral [{unit}]"
    axes.text(0.997, 1.01, text, transform=axes.transAxes, fontsize=8, color=FAINT, ha="right")
    axes.tick_params(labelbottom=last)
    if last:
        axes.set_xlabel("Time [s]", fontsize=9.5, color=INK)


def joints(figure: Figure, grid: Any, recorded_run: RecordedRun) -> None:
    """Plot commands and states of the joints that move most, from the first command on."""
    shown = _liveliest(recorded_run.commands)
    # A joint state answers a command later, so both are shown when they came, not by their stamps.
    origin = int(recorded_run.streams[Part.COMMANDS].times.min()) if shown else 0
    for row in range(JOINTS_SHOWN):
        axes = figure.add_subplot(grid[row, 0])
        _style(axes, "")
        if row >= len(shown):
            if row == 0:
                _empty(axes, "no joint commands were recorded")
            else:
                axes.axis("off")
            continue
        name = shown[row]
        commanded = _line(axes, recorded_run, Part.COMMANDS, name, origin, (INK, 1.5))
        reached = _line(axes, recorded_run, Part.JOINT_STATES, name, origin, ("#ee5d6c", 1.2))
        text = "command (dark) and state (red)" if reached and commanded else "command"
        axes.set_title(f"{name}: {text}", fontsize=9.5, color=INK, loc="left", pad=4)
        if row == len(shown) - 1:
            axes.set_xlabel("Time [s]", fontsize=9.5, color=INK)


def _line(
    axes: Any,
    recorded_run: RecordedRun,
    part: Part,
    name: str,
    origin: int,
    look: tuple[str, float],
) -> bool:
    joints = recorded_run.commands if part is Part.COMMANDS else recorded_run.joint_states
    if name not in joints.names:
        return False
    positions = joints.positions[:, joints.names.index(name)]
    times = _seconds(recorded_run.streams[part].times, origin)
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
        :JOINTS_SHOWN
    ]


def _style(axes: Any, name: str) -> None:
    axes.set_ylabel(name, fontsize=9.5, color=INK)
    axes.yaxis.set_label_coords(-0.052, 0.5)
    plain(axes)


def _empty(axes: Any, text: str) -> None:
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", color=FAINT)


def _seconds(stamps: Nanoseconds, origin: int) -> Array:
    return np.asarray((stamps - origin) * 1e-9)


def _step(count: int) -> int:
    return max(count // _MOST_POINTS, 1)
