# SPDX-License-Identifier: Apache-2.0
"""A run at a glance, as an image: key figures, latency, face, control values, joints."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec

from x2c_bags.frames.recorded_run import RecordedRun
from x2c_bags.schema.topics import Part
from x2c_core.control_space.controls import Group
from x2c_core.images.figure_theme import FAINT, INK
from x2c_evaluation.run_report import latency, plots
from x2c_evaluation.run_report.latency import LatencyStage
from x2c_evaluation.run_report.report import Report

FILE_NAME = "report.png"

_PAPER = "#ffffff"
_WARNINGS_SHOWN = 7


def write_figure(report: Report, recorded_run: RecordedRun, path: Path) -> None:
    """Write the figure of a run as a PNG file.

    Raises:
        OSError: It cannot be written.
    """
    figure = Figure(figsize=(15.0, 11.4), dpi=110, facecolor=_PAPER)
    FigureCanvasAgg(figure)
    grid = GridSpec(
        nrows=11,
        ncols=2,
        figure=figure,
        width_ratios=[1.75, 1.0],
        height_ratios=[0.95, 2.1, 0.34, *[0.92] * 7, 1.05],
        left=0.055,
        right=0.985,
        top=0.985,
        bottom=0.045,
        hspace=0.28,
        wspace=0.13,
    )
    origin = _origin(recorded_run)
    measured = latency.measure(recorded_run)
    _headline(figure.add_subplot(grid[0, :]), report)
    over_time = plots.latency_over_time(figure.add_subplot(grid[1, 0]), measured, origin)
    plots.latency_histogram(figure.add_subplot(grid[1, 1]), measured)
    plots.states(figure.add_subplot(grid[2, 0], sharex=over_time), recorded_run, origin)
    for row, group in enumerate(Group):
        axes = figure.add_subplot(grid[3 + row, 0], sharex=over_time)
        plots.group_offsets(axes, recorded_run, group, origin, last=row == len(Group) - 1)
    below = grid[3:10, 1].subgridspec(plots.JOINTS_SHOWN, 1, hspace=0.5)
    plots.joints(figure, below, recorded_run)
    _notes(figure.add_subplot(grid[10, :]), report)
    figure.savefig(path, format="png")


def _origin(recorded_run: RecordedRun) -> int:
    stamps = recorded_run.frames.stamps
    return int(stamps.min()) if len(stamps) else 0


def _headline(axes: Any, report: Report) -> None:
    axes.axis("off")
    run = report.run
    axes.text(0.0, 0.9, "X2C imitation", fontsize=21, color=INK, weight="bold", va="top")
    how = f" to {run.robot}, {run.backend}"
    source = _tail(Path(run.source).name, 50 - len(how))
    axes.text(0.0, 0.40, source + how, fontsize=11, color=INK, va="top")
    end = ("failed: " if run.failed else "ended: ") + run.exit_reason
    end = textwrap.shorten(end, 62, placeholder=" ...")
    axes.text(0.0, 0.12, end, fontsize=9.5, color=FAINT, va="top")
    end_to_end = report.latency_ms[LatencyStage.END_TO_END]
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
        axes.text(x, 0.80, number, fontsize=15, color=INK, ha="right", va="top")
        axes.text(x, 0.36, name, fontsize=9, color=FAINT, ha="right", va="top")


def _notes(axes: Any, report: Report) -> None:
    axes.axis("off")
    lines = list(report.warnings[:_WARNINGS_SHOWN]) or ["No warnings."]
    if len(report.warnings) > _WARNINGS_SHOWN:
        lines.append(f"{len(report.warnings) - _WARNINGS_SHOWN} more in report.json.")
    text = "\n".join(textwrap.shorten(line, 125) for line in lines)
    axes.text(0.0, 0.55, "Notes", fontsize=10.5, color=INK, weight="bold", va="top")
    axes.text(0.0, 0.36, text, fontsize=9, color=INK, va="top", linespacing=1.45)
    known = [f"{name} {version}" for name, version in report.versions.items() if version]
    versions = textwrap.fill(", ".join(known), 76)
    axes.text(0.647, 0.55, "Versions", fontsize=10.5, color=INK, weight="bold", va="top")
    axes.text(0.647, 0.36, versions, fontsize=9, color=FAINT, va="top", linespacing=1.45)


def _percent(share: float) -> str:
    # 99.96 % must not read as all of them.
    return "100 %" if share == 1.0 else f"{min(share * 100.0, 99.9):.1f} %"


def _tail(text: str, most: int) -> str:
    """Return a text, or its end where the name of a file is."""
    most = max(most, 12)
    return text if len(text) <= most else "..." + text[3 - most :]
