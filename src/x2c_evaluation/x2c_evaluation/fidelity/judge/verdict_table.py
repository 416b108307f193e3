# SPDX-License-Identifier: Apache-2.0
"""A judge's verdict as tables for a terminal."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from x2c_core.arrays import Array
from x2c_core.terminal.tables import folded
from x2c_core.words import counted
from x2c_evaluation.fidelity.judge.expression_judge import Expression
from x2c_evaluation.fidelity.judge.verdict import Verdict
from x2c_evaluation.fidelity.measures.baselines import BesideBaselines


def show_verdict(verdict: Verdict, console: Console) -> None:
    """Print what the judge reads on person and robot, beside the baselines."""
    table = _table(
        f"Judge {verdict.judge}, {counted(verdict.clips, 'clip')}",
        "",
        "robot",
        "at rest",
        "half a clip late",
    )
    _add(table, "correlation, each image", verdict.agreement)
    _add(table, "same label, apex", verdict.apex_agreement)
    if verdict.labelled_agreement is not None:
        _add(table, "same label, apex of labelled clips", verdict.labelled_agreement)
    profile = "-" if verdict.profile_r is None else f"{verdict.profile_r:.2f}"
    table.add_row("correlation, means over the clip", profile, "", "")
    console.print(folded(table))
    console.print(f"the robot at rest is read as {verdict.label_at_rest}")
    if verdict.confusion:
        console.print(_confusion(verdict))


def _confusion(verdict: Verdict) -> Table:
    labels = [_short(label) for label in Expression]
    table = _table("Labels read at the apex of labelled clips [%]", "clips of", "on", *labels)
    for label, one in verdict.confusion.items():
        here = list(Expression).index(label)
        table.add_row(f"{label} ({one.clips})", "person", *_shares(one.person, here))
        table.add_row("", "robot", *_shares(one.robot, here))
    return folded(table)


def _short(label: Expression) -> str:
    return label[:4] if len(label) > 5 else label


def _shares(shares: Array, here: int) -> list[Text]:
    return [
        Text(f"{share * 100:.0f}", "bold" if column == here else "")
        for column, share in enumerate(shares)
    ]


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.show_edge = False
    for column in columns:
        left = column in ("", "clips of", "on")
        table.add_column(column, justify="left" if left else "right", no_wrap=True)
    return folded(table)


def _add(table: Table, name: str, one: BesideBaselines) -> None:
    better = one.robot > max(one.at_rest, one.late)
    robot = Text(f"{one.robot:.2f}", "green" if better else "red")
    table.add_row(name, robot, f"{one.at_rest:.2f}", f"{one.late:.2f}")
