# SPDX-License-Identifier: Apache-2.0
"""Fidelity as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from x2c_core.control_space import controls
from x2c_core.terminal.tables import folded
from x2c_core.words import counted
from x2c_evaluation.fidelity.absolute_error import FACIAL, AbsoluteError
from x2c_evaluation.fidelity.judge.verdict_table import show_verdict
from x2c_evaluation.fidelity.measure import Clip, Link
from x2c_evaluation.fidelity.measures.agreement import Agreement
from x2c_evaluation.fidelity.measures.baselines import BesideBaselines
from x2c_evaluation.fidelity.report.summary import FidelitySummary

_GOOD, _POOR = 0.85, 0.6
_AMPLITUDES = (0.6, 1.4)
_LATEST = 0.1

# Everything fits on a terminal of 80 columns.
_FIGURES = ("r", "lag\n[ms]", "ampli-\ntude")
_LINKS = {Link.IMITATOR: "imita-\ntor", Link.MECHANICS: "mecha-\nnics", Link.TRACKER: "track-\ner"}
_LEFT_ALIGNED = ("descriptor", "limit")


def show(summary: FidelitySummary, console: Console) -> None:
    """Print a table for each clip, one for all of them, and what was left out."""
    for clip in summary.every:
        console.print(_clip_table(clip))
        _left_out(clip, console)
        if clip.absolute is not None:
            console.print(_absolute_table(clip, clip.absolute))
    if summary.clips:
        console.print(_overall_table(summary))
        for line in _headlines(summary):
            console.print(line)
    if (verdict := summary.verdict) is not None:
        show_verdict(verdict, console)
    if summary.ceiling is not None:
        console.print(f"ceiling, the robot imitating itself: mean r {summary.ceiling.mean_r:.3f}")
    for name, reason in summary.failed.items():
        console.print(Text(f"not measured: {name}: {reason}", style="bold red"), soft_wrap=True)


def _clip_table(clip: Clip) -> Table:
    performance = clip.performance
    title = (
        f"{clip.name}: followed in {performance.following} of "
        f"{counted(performance.frames, 'image')}, "
        f"robot's face seen in {performance.robot_faces}"
    )
    table = _table(title)
    for descriptor, one in clip.measured.items():
        table.add_row(
            short(descriptor), *_figures(one.agreement), *map(_r, one.links.values()), one.limit
        )
    for name, agreement in clip.sides.items():
        table.add_row(f"{short(name)} L - R", *_figures(agreement), style="dim")
    return folded(table)


def _overall_table(summary: FidelitySummary) -> Table:
    title = f"All {counted(len(summary.clips), 'clip')}: means over the n that move a descriptor"
    table = _table(title, "n")
    for descriptor, one in summary.overall().items():
        figures = _figures(Agreement(one.r, one.lag, one.amplitude, one.clips))
        links = map(_r, one.links.values())
        table.add_row(short(descriptor), *figures, *links, one.limit, str(one.clips))
    return folded(table)


def short(descriptor: str) -> str:
    """Return a descriptor's name as tables show it: "brow inner L" for brow_inner_height_left."""
    words = descriptor.replace("_height", "").replace("corner", "mouth_corner")
    return words.replace("_left", " L").replace("_right", " R").replace("_", " ")


def _absolute_table(clip: Clip, absolute: AbsoluteError) -> Table:
    title = f"{clip.name}: absolute error, in units of how much people vary"
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=0)
    table.show_edge = False
    table.add_column("descriptor", no_wrap=True)
    for column in ("error", "robot\nat rest", "half a\nclip late", "person\nmean", "robot\nmean"):
        table.add_column(column, justify="right", no_wrap=True)
    profiles = dict(zip(FACIAL, zip(absolute.person, absolute.robot, strict=True), strict=True))
    for descriptor, one in absolute.descriptors.items():
        means = [f"{value:+.2f}" for value in profiles.get(descriptor, ())] or ["", ""]
        table.add_row(short(descriptor), *_errors(one), *means)
    table.add_row("mean of the face", *_errors(absolute.mean), "", "", style="bold")
    return folded(table)


def _errors(one: BesideBaselines) -> tuple[Text, str, str]:
    better = one.robot < min(one.at_rest, one.late)
    return (
        Text(f"{one.robot:.2f}", "" if better else "red"),
        f"{one.at_rest:.2f}",
        f"{one.late:.2f}",
    )


def _headlines(summary: FidelitySummary) -> Iterator[str]:
    if summary.controls_moved is not None:
        yield (
            f"{summary.robot} has other joints than the virtual face, which shows what its "
            f"{summary.controls_moved} of {controls.COUNT} controls can"
        )
    if summary.mean_r is not None:
        yield (
            f"mean r {summary.mean_r:.3f}, mean lag {(summary.mean_lag or 0.0) * 1e3:.0f} ms, "
            f"mean amplitude {summary.mean_amplitude:.2f} over descriptors and clips"
        )
    first = summary.first_follow
    yield (
        f"followed: {summary.followed_share:.1%} of the images with a face; first after "
        f"{'-' if first is None else f'{first:.2f}'} s (median); never in "
        f"{summary.never_followed} of {counted(len(summary.clips), 'clip')}"
    )
    if (error := summary.mean_error) is not None:
        yield (
            f"absolute error {error.robot:.2f} of how much people vary; robot at rest "
            f"{error.at_rest:.2f}, half a clip late {error.late:.2f}"
        )
        yield (
            f"profile of the expression, person against robot: r {_r(summary.mean_profile_r)}; "
            f"against the robot in other clips {_r(summary.profile_r_of_others)}"
        )
    if (score := summary.score) is not None:
        yield (
            f"imitation score of {summary.robot}: {score:.0f} % (a robot that never moves: 0, one "
            "without an error: 100)"
        )


def _left_out(clip: Clip, console: Console) -> None:
    for descriptor, reason in clip.left_out.items():
        console.print(Text(f"  left out: {descriptor}: {reason}", style="dim"), soft_wrap=True)
    for name, reason in clip.sides_left_out.items():
        text = Text(f"  left out: {short(name)} L - R: {reason}", style="dim")
        console.print(text, soft_wrap=True)
    hidden = clip.performance.following - int(clip.performance.eyes_open.sum())
    if hidden > 0:
        console.print(
            Text(
                f"  gaze is left out of {counted(hidden, 'image')}: the eyes are shut", style="dim"
            )
        )


def _table(title: str, *more: str) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=0)
    table.show_edge = False
    for column in ("descriptor", *_FIGURES, *(_LINKS.get(link, link) for link in Link), "limit"):
        table.add_column(
            column, justify="left" if column in _LEFT_ALIGNED else "right", no_wrap=True
        )
    for column in more:
        table.add_column(column, justify="right", no_wrap=True)
    return folded(table)


def _figures(one: Agreement) -> tuple[Text, Text, Text]:
    lowest, highest = _AMPLITUDES
    return (
        Text(f"{one.r:.2f}", "green" if one.r >= _GOOD else "yellow" if one.r >= _POOR else "red"),
        Text(f"{one.lag * 1e3:.0f}", "" if abs(one.lag) <= _LATEST else "yellow"),
        Text(f"{one.amplitude:.2f}", "" if lowest <= one.amplitude <= highest else "yellow"),
    )


def _r(number: float | None) -> str:
    return "-" if number is None else f"{number:.2f}"
