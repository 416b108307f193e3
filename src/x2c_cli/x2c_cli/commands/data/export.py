# SPDX-License-Identifier: Apache-2.0
"""Export (image, control values) pairs of bags as a data set.

x2c: an image folder with Parquet metadata, as 'x2c collect' makes them; a run that was stopped
goes on with the same command. lerobot: a LeRobotDataset v3.0, with video, joint states and control
values at a constant rate; its folder appears when it is whole.

An image belongs to the control values whose stamp is nearest to its own. In a bag of ours they are
the same. A bag without control values gets some by 'x2c replay BAG --record DIR'.

The exit status is 0 where all could be read, 3 where something of a bag could not, and 2 where
nothing was made.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from x2c_cli.commands.imitation.source import seconds

if TYPE_CHECKING:
    from rich.console import Console

    from x2c_datasets.export.outcome import Advance, ExportOutcome

_PARTLY = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "bags", metavar="BAG", nargs="+", help="folder of a bag, or one file of it"
    )
    parser.add_argument("--format", choices=("x2c", "lerobot"), required=True, help="of the data")
    parser.add_argument(
        "--out", metavar="DIR", type=Path, required=True, help="folder for the data set"
    )
    parser.add_argument(
        "--topic",
        metavar="T",
        default="",
        help="of the images: the camera where there are several, or the robot's picture",
    )
    parser.add_argument(
        "--tolerance",
        metavar="S",
        type=seconds,
        default=0.01,
        help="how far apart stamps of image and control values may be [s] (default: 0.01)",
    )
    parser.add_argument(
        "--delay",
        metavar="S",
        type=float,
        default=0.0,
        help="the image shows what was commanded so long before [s], for pictures of the robot",
    )
    parser.add_argument(
        "--any-state",
        action="store_true",
        help="also control values that follow nobody: held, or easing to neutral",
    )
    lerobot = parser.add_argument_group("lerobot")
    lerobot.add_argument("--robot", metavar="R", default="virtual", help="name of the robot")
    lerobot.add_argument(
        "--fps", metavar="N", type=int, default=0, help="frames a second (the camera's)"
    )
    lerobot.add_argument("--task", metavar="TEXT", default="", help="what is done, in words")


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    console = Console()
    columns = ("images", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=_images(arguments))
        outcome = _export(arguments, lambda images: progress.advance(task, images))
    return _tell(arguments, outcome, console)


def _images(arguments: argparse.Namespace) -> int | None:
    """Return how many images the bags seem to have; None where they do not tell."""
    from x2c_bags.frames.topic_choice import choose_topic
    from x2c_bags.reading.bag_reader import BagReader

    total = 0
    for bag in arguments.bags:
        reader = BagReader(Path(bag))
        total += reader.topics[choose_topic(reader, arguments.topic)].count
    return total or None


def _export(arguments: argparse.Namespace, advance: Advance) -> ExportOutcome:
    from x2c_datasets.export.pairs import Pairing

    bags = tuple(arguments.bags)
    pairing = Pairing(arguments.tolerance, arguments.delay, arguments.any_state)
    if arguments.format == "x2c":
        from x2c_datasets.export.x2c_form import X2CExport, export_x2c

        return export_x2c(X2CExport(bags, arguments.topic, pairing), arguments.out, advance)
    from x2c_datasets.export.lerobot_form import LeRobotExport, export_lerobot

    words = {"task": arguments.task} if arguments.task else {}
    export = LeRobotExport(
        bags, arguments.topic, pairing, robot=arguments.robot, rate=arguments.fps, **words
    )
    return export_lerobot(export, arguments.out, advance)


def _tell(arguments: argparse.Namespace, outcome: ExportOutcome, console: Console) -> int:
    what = "clips" if arguments.format == "x2c" else "episodes"
    console.print(
        f"{outcome.pairs} pairs in {outcome.clips} {what}: {arguments.out}",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    notes = [f"{count} images left out: {reason}" for reason, count in outcome.left_out.items()]
    if outcome.resized:
        notes.append(f"{outcome.resized} images had another size than the first and were scaled")
    for note in (*notes, *outcome.issues):
        console.print(f"note: {note}", markup=False, highlight=False, soft_wrap=True)
    unusable = any("cannot be used" in reason for reason in outcome.left_out)
    return _PARTLY if outcome.issues or unusable else 0
