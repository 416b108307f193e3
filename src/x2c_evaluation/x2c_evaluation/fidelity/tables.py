# SPDX-License-Identifier: Apache-2.0
"""Fidelity as tables for a terminal."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from x2c_evaluation.fidelity.agreement import Agreement
from x2c_evaluation.fidelity.measure import Clip, Link
from x2c_evaluation.fidelity.summary import FidelitySummary

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
    if summary.clips:
        console.print(_overall_table(summary))
        console.print(_headline(summary))
    if summary.ceiling is not None:
        console.print(f"ceiling, the robot imitating itself: mean r {summary.ceiling.mean_r:.3f}")
    for name, reason in summary.failed.items():
        console.print(Text(f"not measured: {name}: {reason}", style="bold red"), soft_wrap=True)


def _clip_table(clip: Clip) -> Table:
    performance = clip.performance
    title = (
        f"{clip.name}: followed in {performance.following} of {performance.frames} images, "
        f"robot's face seen in {performance.robot_faces}"
    )
    table = _table(title)
    for descriptor, one in clip.measured.items():
        table.add_row(
            short(descriptor), *_figures(one.agreement), *map(_r, one.links.values()), one.limit
        )
    for name, agreement in clip.sides.items():
        table.add_row(f"{short(name)} L - R", *_figures(agreement), style="dim")
    return table


def _overall_table(summary: FidelitySummary) -> Table:
    title = f"All {len(summary.clips)} clips: means over the n that move a descriptor"
    table = _table(title, "n")
    for descriptor, one in summary.overall().items():
        figures = _figures(Agreement(one.r, one.lag, one.amplitude, one.clips))
        links = map(_r, one.links.values())
        table.add_row(short(descriptor), *figures, *links, one.limit, str(one.clips))
    return table


def short(descriptor: str) -> str:
    """Return a descriptor's name as tables show it: "brow inner L" for brow_inner_height_left."""
    words = descriptor.replace("_height", "").replace("corner", "mouth_corner")
    return words.replace("_left", " L").replace("_right", " R").replace("_", " ")


def _headline(summary: FidelitySummary) -> str:
    return (
        f"mean r {summary.mean_r:.3f}, mean lag {(summary.mean_lag or 0.0) * 1e3:.0f} ms, mean "
        f"amplitude {summary.mean_amplitude:.2f} over descriptors and clips"
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
            Text(f"  gaze is left out of {hidden} images: the eyes are shut", style="dim")
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
    return table


def _figures(one: Agreement) -> tuple[Text, Text, Text]:
    lowest, highest = _AMPLITUDES
    return (
        Text(f"{one.r:.2f}", "green" if one.r >= _GOOD else "yellow" if one.r >= _POOR else "red"),
        Text(f"{one.lag * 1e3:.0f}", "" if abs(one.lag) <= _LATEST else "yellow"),
        Text(f"{one.amplitude:.2f}", "" if lowest <= one.amplitude <= highest else "yellow"),
    )


def _r(number: float | None) -> str:
    return "-" if number is None else f"{number:.2f}"
