# SPDX-License-Identifier: Apache-2.0
"""Fit a robot's expression model to a data set of images and control values.

The face tracker finds the landmarks in every image. The fit finds the effect of each control on
the landmarks, and is tested on animations that were held out. The table shows for each control
which share of the remaining landmark motion the model explains, where that control acts. The data
set is one of 'x2c collect', or upstream's X2C. Images that cannot be used are listed by file and
row.

The model is written to --out, or into the robot's folder.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from x2c_cli.skipped import show_skipped
from x2c_core.words import counted

if TYPE_CHECKING:
    from rich.console import Console

    from x2c_datasets.fit.data_set_fit import DataSetFit


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--data", metavar="DIR", type=Path, required=True, help="folder of the data set"
    )
    parser.add_argument("--robot", metavar="R", required=True, help="name or folder of the robot")
    parser.add_argument(
        "--out", metavar="FILE", type=Path, help="file for the model (default: the robot's own)"
    )
    parser.add_argument(
        "--most",
        metavar="N",
        type=int,
        default=20000,
        help="most images to use, evenly spread (default: %(default)s)",
    )
    parser.add_argument(
        "--json", action="store_true", help="print JSON; tables and progress go to stderr"
    )
    parser.add_argument(
        "--jobs",
        metavar="N",
        type=int,
        default=os.cpu_count() or 1,
        help="number of processes (default: %(default)s)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    from rich.console import Console

    from x2c_core.errors import OutputError
    from x2c_core.robot.robot_file import load_robot
    from x2c_core.terminal.progress import ProgressDisplay
    from x2c_datasets.fit.data_set_fit import choose_pairs, fit_data_set
    from x2c_datasets.formats import read_data_set
    from x2c_node.robots import find_robot

    robot = load_robot(find_robot(arguments.robot))
    # What is installed is a link to the checkout; saving would put a file in the link's place.
    out = Path(arguments.out or robot.expression_model).resolve()
    if not out.parent.is_dir():
        raise OutputError(f"cannot write {out}: there is no folder {out.parent}")
    console = Console(stderr=arguments.json)
    data = read_data_set(arguments.data)
    pairs = choose_pairs(data, max(arguments.most, 1))
    with ProgressDisplay(console) as progress:
        bar = progress.add("images", len(pairs))
        fit = fit_data_set(data, pairs, arguments.jobs, lambda done: progress.update(bar, done))
    _show(fit, console)
    fit.model.save(out)
    console.print(f"Written: {out}", markup=False, soft_wrap=True)
    if arguments.json:
        print(fit.as_json(robot.name, str(arguments.data)))
    return 0


def _show(fit: DataSetFit, console: Console) -> None:
    from rich.table import Table

    from x2c_core.terminal.tables import folded
    from x2c_datasets.fit.data_set_fit import advice

    table = Table("control", title=f"Tried on {fit.held_out}", title_justify="left")
    table.add_column("explained", justify="right")
    table.add_column("moved in images", justify="right")
    for name, share in fit.explained.controls.items():
        table.add_row(name, f"{share:.1%}", str(fit.explained.moved[name]))
    console.print(folded(table))
    console.print(
        f"Fitted to {counted(fit.fitted, 'image')}, tried on {fit.tried}: explains "
        f"{fit.explained.share:.1%} of the landmarks' motion, residual "
        f"{fit.explained.residual:.4f} interocular distances"
    )
    for note in fit.notes:
        console.print(f"note: {note}", markup=False, soft_wrap=True)
    if seen := advice(fit.fitted + fit.tried, fit.fitted + fit.tried + len(fit.skipped)):
        console.print(f"note: {seen.removeprefix('. ')}", markup=False, soft_wrap=True)
    show_skipped(fit.skipped, console)
