# SPDX-License-Identifier: Apache-2.0
"""Measure the error of mapping networks, which read control values off images.

The error is X2C's: mean absolute (and squared) error of values scaled from each control's upstream
range to [-1, 1], without gaze when both eyes are shut; over everything, by group and by control.
Networks are tested on the images of the data set. If the data set has landmarks, they are also
tested on motion-transferred images, which are their input at run time.

Networks are weights (safetensors, upstream checkpoints with --preset) or ONNX files. Several make
a table. The data set is one of 'x2c collect', or upstream's.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from x2c_cli.inputs import check_exists
from x2c_cli.skipped import show_skipped
from x2c_cli.transfer_arguments import add_transfer_arguments, transfer_options
from x2c_core.words import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from x2c_training.evaluation.evaluation_report import Table
    from x2c_training.evaluation.network_evaluation import Evaluated

JSON = "evaluation.json"
TABLES = "evaluation.md"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "networks",
        metavar="NETWORK",
        type=Path,
        nargs="*",
        help="network files (default: the robot's own)",
    )
    parser.add_argument(
        "--data", metavar="DIR", type=Path, required=True, help="folder of the data set"
    )
    parser.add_argument(
        "--robot", metavar="R", default="virtual", help="name or folder of the robot"
    )
    parser.add_argument(
        "--split", metavar="S", help="split of the data set (default: test, else val)"
    )
    parser.add_argument(
        "--out", metavar="DIR", type=Path, help="folder for JSON, tables and plots"
    )
    parser.add_argument(
        "--json", action="store_true", help="print JSON; everything else goes to stderr"
    )
    parser.add_argument(
        "--preset", metavar="P", help="kind of upstream checkpoints: x2c, vividface"
    )
    add_transfer_arguments(parser)
    parser.add_argument(
        "--device", metavar="D", default="cpu", help="cpu or cuda (default: %(default)s)"
    )
    parser.add_argument(
        "--cache",
        metavar="DIR",
        type=Path,
        help="folder for prepared images (.prepared in the data set)",
    )
    parser.add_argument(
        "--workers",
        metavar="N",
        type=int,
        default=0,
        help="number of processes (default: one per core)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    check_exists("data set at", arguments.data)
    for network in arguments.networks:
        check_exists("network", network)
    from rich.console import Console

    from x2c_core.robot.robot_file import load_robot
    from x2c_datasets.formats import read_data_set
    from x2c_imitation.x2cnet.network.config import preset
    from x2c_node.robots import find_robot
    from x2c_training.data.transfer_images import why_not
    from x2c_training.data.transferrer import TransferChoice
    from x2c_training.evaluation.evaluation_report import as_json
    from x2c_training.evaluation.network_evaluation import choose_split, evaluate
    from x2c_training.progress import TrainProgress

    console = Console(stderr=arguments.json)
    robot = load_robot(find_robot(arguments.robot))
    read = read_data_set(arguments.data, landmarks=True)
    data = choose_split(read, arguments.split)
    split = data[0].split
    options = transfer_options(arguments)
    transfer = TransferChoice(robot.folder, arguments.transfer, options)
    reason = why_not(transfer, any(pair.landmarks is not None for pair in data))
    with TrainProgress(console) as progress:
        for note in (*data.notes, *([f"no transferred images: {reason}"] if reason else [])):
            progress.say(f"note: {note}")
        found, skipped = evaluate(
            arguments.networks or [robot.network],
            data,
            None if reason else transfer,
            config=preset(arguments.preset) if arguments.preset else None,
            device=arguments.device,
            cache=arguments.cache,
            workers=arguments.workers or len(os.sched_getaffinity(0)),
            advance=progress.prepare,
            report=lambda name: progress.say(f"trying {name}"),
        )
    _show(found, split, skipped, console)
    text = as_json(found, str(arguments.data), split, skipped)
    if arguments.out is not None:
        _write(found, split, text, arguments.out, console)
    if arguments.json:
        print(text, end="")
    return 0


def _show(
    found: Sequence[Evaluated], split: str, skipped: Sequence[str], console: Console
) -> None:
    from x2c_training.evaluation.evaluation_report import by_control, by_group, comparison

    rows = next(iter(found[0].predictions.values())).errors.rows
    _print(comparison(found), f"Split {split}, {counted(rows, 'image')}", console)
    for kind in found[0].predictions:
        _print(by_group(found, kind), f"MAE by group, {kind} images", console)
    if len(found) == 1:
        _print(by_control(found[0]), "By control", console)
    show_skipped(skipped, console)


def _print(table: Table, title: str, console: Console) -> None:
    from rich.table import Table as Shown

    from x2c_core.terminal.tables import folded

    heading, *rows = table
    shown = Shown(title=title, title_justify="left")
    for number, name in enumerate(heading):
        text = rows[0][number] if rows else ""
        shown.add_column(name, justify="right" if text[:1].isdigit() else "left")
    for row in rows:
        shown.add_row(*row)
    console.print(folded(shown))


def _write(
    found: Sequence[Evaluated], split: str, text: str, folder: Path, console: Console
) -> None:
    from x2c_core.files.results import ResultsFolder
    from x2c_core.printable import printable
    from x2c_training.evaluation import evaluation_plot
    from x2c_training.evaluation.evaluation_report import (
        as_markdown,
        by_control,
        by_group,
        comparison,
    )

    parts = [f"# Networks on the split `{split}`", as_markdown(comparison(found))]
    for kind in found[0].predictions:
        parts += [f"## MAE by group, {kind} images", as_markdown(by_group(found, kind))]
    parts += [f"## {one.name}\n\n{as_markdown(by_control(one))}" for one in found]
    with ResultsFolder(folder) as results:
        results.write_text(JSON, text)
        results.write_text(TABLES, printable("\n\n".join(parts)) + "\n")
        for one in found:
            for kind, prediction in one.predictions.items():
                plot = f"{one.name.replace('/', '_')}_{kind}.png"
                title = f"{one.name}, {kind} images"
                with results.writing():
                    evaluation_plot.save(prediction, title, results.work / plot)
        results.keep()
    console.print(f"Written: {folder}", markup=False, soft_wrap=True)
