# SPDX-License-Identifier: Apache-2.0
"""Comparison of the figures of two revisions that were measured in turn."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from rich.markup import escape
from rich.table import Table

from x2c_core.files.results import replacing
from x2c_core.terminal.tables import folded


@dataclass(frozen=True)
class ComparedFigure:
    """One figure of two revisions; None where a revision does not have it.

    Attributes:
        name: Name of the figure, with its unit.
        before: Lowest value and median of the earlier revision.
        after: Lowest value and median of the later one.
        ratio: Ratio of the lowest values and of the medians, after to before.
    """

    name: str
    before: tuple[float, float] | None
    after: tuple[float, float] | None
    ratio: tuple[float, float] | None


@dataclass(frozen=True)
class RevisionComparison:
    """Figures of two revisions.

    Attributes:
        before: Name and commit of the earlier revision.
        after: Name and commit of the later one.
        video: Path of the video that both imitated.
        load: Highest load of the machine before a measurement, over a minute.
        figures: All figures that either has.
    """

    before: str
    after: str
    video: str
    load: float
    figures: Sequence[ComparedFigure]


def turns(rounds: int) -> Iterator[tuple[int, ...]]:
    """Yield the order of both revisions for each round: the first is now this, now that.

    What warms up or slows down in the course of a comparison touches both alike.
    """
    for count in range(rounds):
        yield (0, 1) if count % 2 == 0 else (1, 0)


def rows(
    before: Sequence[Mapping[str, float]], after: Sequence[Mapping[str, float]]
) -> list[ComparedFigure]:
    """Return all figures that either revision has, in the order in which they were measured.

    Args:
        before: Figures of each round of the earlier revision.
        after: Figures of each round of the later one.
    """
    names = dict.fromkeys(name for figures in (*after, *before) for name in figures)
    return [
        _row(name, _lowest_and_median(before, name), _lowest_and_median(after, name))
        for name in names
    ]


def table_of(comparison: RevisionComparison) -> Table:
    """Return the table for a terminal."""
    table = Table(
        "figure",
        f"{comparison.before}\nlowest / median",
        f"{comparison.after}\nlowest / median",
        "ratio of\nlowest / median",
        caption=f"Highest load before a measurement: {comparison.load:.1f}",
    )
    for column in table.columns[1:]:
        column.justify = "right"
    for row in comparison.figures:
        table.add_row(
            escape(row.name), _text(row.before), _text(row.after), _text(row.ratio, ".2f")
        )
    return folded(table)


def write(path: Path, comparison: RevisionComparison) -> None:
    """Write a comparison as JSON.

    Raises:
        OutputError: The file cannot be written.
    """
    content = {"machine": platform.machine(), **asdict(comparison)}
    with replacing(path) as partial:
        partial.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _text(pair: tuple[float, float] | None, form: str = ".4g") -> str:
    return " / ".join(format(value, form) for value in pair) if pair else "-"


def _lowest_and_median(
    rounds: Sequence[Mapping[str, float]], name: str
) -> tuple[float, float] | None:
    values = [figures[name] for figures in rounds if name in figures]
    return (min(values), median(values)) if values else None


def _row(
    name: str, before: tuple[float, float] | None, after: tuple[float, float] | None
) -> ComparedFigure:
    if before is None or after is None or min(before) <= 0.0:
        return ComparedFigure(name, before, after, None)
    return ComparedFigure(name, before, after, (after[0] / before[0], after[1] / before[1]))
