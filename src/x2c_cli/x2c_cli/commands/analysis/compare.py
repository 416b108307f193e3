# SPDX-License-Identifier: Apache-2.0
"""Compare two evaluations, A before and B after: figures, control values, thresholds.

--fail-above and --fail-below turn it into a regression test: METRIC=VALUE is a limit for B,
METRIC=+CHANGE for its change from A, METRIC=+PERCENT% for its relative change from A.

    x2c compare out/solver out/mine --fail-above error=0.05 --fail-above jitter=+10%

The exit status is 0 if B passes, 1 if a threshold is exceeded or cannot be checked, and 2 if the
two cannot be compared.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from x2c_core.words import counted

if TYPE_CHECKING:
    from rich.console import Console

    from x2c_evaluation.offline.results.comparison import Comparison

FAILED = 1
"""Exit status where a threshold is passed."""

_LISTED = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("first", metavar="A", type=Path, help="folder of an evaluation")
    parser.add_argument("second", metavar="B", type=Path, help="folder of another one")
    parser.add_argument(
        "--fail-above",
        metavar="METRIC=LIMIT",
        action="append",
        default=[],
        help="fail if a metric of B is greater (error, recorded_error, error.mouth, jitter, "
        "difference, ...; an unknown one lists them all)",
    )
    parser.add_argument(
        "--fail-below",
        metavar="METRIC=LIMIT",
        action="append",
        default=[],
        help="fail if a metric of B is less (face_share, fidelity_r, ...)",
    )
    parser.add_argument("--out", metavar="FILE", type=Path, help="write a page: FILE.html")
    parser.add_argument(
        "--film",
        metavar="FILE",
        type=Path,
        help="write a video of person, robot A and robot B: FILE.mp4",
    )
    parser.add_argument(
        "--recording",
        metavar="NAME",
        default="",
        help="recording in the film (default: the one that differs most)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    from rich.console import Console
    from rich.text import Text

    from x2c_cli.inputs import check_video_output
    from x2c_evaluation.offline.results.comparison import compare, parse_threshold

    if arguments.film is not None:
        check_video_output("--film", arguments.film)
    thresholds = [parse_threshold(text, above=True) for text in arguments.fail_above]
    thresholds += [parse_threshold(text, above=False) for text in arguments.fail_below]
    comparison = compare(arguments.first, arguments.second)
    verdicts = [text for one in thresholds if (text := one.verdict(comparison))]
    console = Console()
    _show(comparison, console)
    for text in verdicts:
        console.print(Text(f"failed: {text}", "bold red"), soft_wrap=True)
    if thresholds and not verdicts:
        console.print(Text(f"thresholds passed: {len(thresholds)}", "green"))
    if arguments.out is not None:
        _write(arguments.out, comparison, verdicts, len(thresholds))
        console.print(f"Written: {arguments.out}", markup=False, soft_wrap=True)
    if arguments.film is not None:
        _film(arguments.film, comparison, arguments.recording, console)
    return FAILED if verdicts else 0


def _show(comparison: Comparison, console: Console) -> None:
    from rich.table import Table
    from rich.text import Text

    from x2c_core.terminal.tables import folded
    from x2c_evaluation.offline.page.comparison_page import change
    from x2c_evaluation.offline.results.comparison import better, compared_metrics

    table = Table("", title="All recordings", title_justify="left")
    for name in ("A", "B", "change"):
        table.add_column(name, justify="right")
    for metric in compared_metrics(comparison):
        before, after = comparison.values(metric.name)
        style = {True: "green", False: "red", None: ""}[better(metric, before, after)]
        cells = metric.text(before), metric.text(after)
        table.add_row(metric.label, *cells, Text(change(metric, before, after), style))
    console.print(folded(table))
    if comparison.difference:
        each = ", ".join(
            f"{name.partition('.')[2]} {value:.4f}" if "." in name else f"{value:.4f}"
            for name, value in comparison.difference.items()
        )
        console.print(f"difference of control values: {each}", soft_wrap=True, highlight=False)
    ranked = sorted(comparison.differences.items(), key=lambda pair: -pair[1].mean)
    for name, error in ranked[:_LISTED]:
        frames = counted(error.frames, "frame")
        line = f"  {name}: {error.mean:.4f}, at most {error.largest:.4f}, {frames}"
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    for side, names in zip("AB", comparison.only, strict=True):
        if names:
            console.print(f"only in {side}: {', '.join(names)}", markup=False, soft_wrap=True)


def _write(path: Path, comparison: Comparison, verdicts: list[str], thresholds: int) -> None:
    from x2c_core.files.results import replacing
    from x2c_core.printable import printable
    from x2c_evaluation.offline.page.comparison_page import comparison_page

    page = printable(comparison_page(comparison, verdicts, thresholds))
    with replacing(path) as partial:
        partial.write_text(page, encoding="utf-8")


def _film(path: Path, comparison: Comparison, wanted: str, console: Console) -> None:
    from x2c_core.files.issues import Issues
    from x2c_core.terminal.progress import ProgressDisplay
    from x2c_evaluation.offline.visuals.comparison_film import (
        film_recording,
        write_comparison_film,
    )

    name, issues = film_recording(comparison, wanted), Issues()
    with ProgressDisplay(console, transient=True) as progress:
        bar = progress.add("filming", None)
        frames = write_comparison_film(
            comparison, name, path, issues, lambda done: progress.update(bar, done)
        )
    for issue in issues:
        console.print(f"note: {issue}", markup=False, soft_wrap=True)
    text = f"Written: {path} ({counted(frames, 'frame')} of {name})"
    console.print(text, markup=False, highlight=False, soft_wrap=True)
