# SPDX-License-Identifier: Apache-2.0
"""Export (image, control values) pairs of bags as a data set, or a bag for a viewer.

x2c: an image folder with Parquet metadata, as from 'x2c collect'; to resume a run that was
stopped, give the same command again. lerobot: a LeRobotDataset v3.0, with video, joint states and
control values at a constant rate; its folder appears when it is complete. rerun: one bag as a
file FILE.rrd for the viewer of Rerun, with images, landmarks, robot, curves and states.

An image is paired with the control values whose stamp is nearest. In our bags the stamps are
equal. To get control values for a bag without them, use 'x2c replay BAG --record DIR'.

The exit status is 0 if everything could be read, 3 if some data of a bag could not, and 2 if
nothing was exported.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from x2c_cli.commands.imitation.source import seconds
from x2c_core.words import counted

if TYPE_CHECKING:
    from rich.console import Console

    from x2c_datasets.export.outcome import Advance, ExportOutcome

_PARTLY = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "bags", metavar="BAG", nargs="+", help="folder of a bag, or one file of it"
    )
    parser.add_argument(
        "--format",
        choices=("x2c", "lerobot", "rerun"),
        required=True,
        help="format of the data set, or of the recording for a viewer",
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        type=Path,
        required=True,
        help="folder for the data set; FILE.rrd with rerun",
    )
    parser.add_argument(
        "--robot",
        metavar="R",
        default="virtual",
        help="name of the robot, with lerobot; with rerun also its folder",
    )
    pairs = parser.add_argument_group("x2c and lerobot")
    pairs.add_argument(
        "--topic",
        metavar="T",
        default="",
        help="image topic: that of one of several cameras, or of the robot's image",
    )
    pairs.add_argument(
        "--tolerance",
        metavar="S",
        type=seconds,
        default=0.01,
        help="longest time between the stamps of image and control values [s] "
        "(default: %(default)s)",
    )
    pairs.add_argument(
        "--delay",
        metavar="S",
        type=float,
        default=0.0,
        help="delay of the image behind the commands [s], for images of the robot",
    )
    pairs.add_argument(
        "--any-state",
        action="store_true",
        help="use also control values that follow no person: held, or easing to neutral",
    )
    lerobot = parser.add_argument_group("lerobot")
    lerobot.add_argument(
        "--fps", metavar="N", type=int, default=0, help="frames per second (default: the camera's)"
    )
    lerobot.add_argument("--task", metavar="TEXT", default="", help="description of the task")


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    from rich.console import Console

    from x2c_core.terminal.progress import ProgressDisplay

    console = Console()
    if arguments.format == "rerun":
        return _export_rerun(arguments, console)
    with ProgressDisplay(console) as progress:
        bar = progress.add("images", _images(arguments))
        outcome = _export(arguments, lambda images: progress.advance(bar, images))
    return _tell(arguments, outcome, console)


def _export_rerun(arguments: argparse.Namespace, console: Console) -> int:
    from x2c_core.terminal.progress import ProgressDisplay
    from x2c_datasets.errors import ExportError
    from x2c_datasets.viewer.rerun_export import export_rerun

    if len(arguments.bags) != 1:
        raise ExportError("rerun: expected one bag")
    with ProgressDisplay(console) as progress:
        bar = progress.add("messages", None)
        outcome = export_rerun(
            *(Path(arguments.bags[0]), arguments.out, arguments.robot),
            lambda messages: progress.advance(bar, messages),
        )
    out = arguments.out
    text = f"{counted(outcome.messages, 'message')}: {out}; open it with: rerun {quote(str(out))}"
    notes = [f"note: {note}" for note in (*outcome.notes, *outcome.issues)]
    for line in (text, *notes):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    return _PARTLY if outcome.issues else 0


def _images(arguments: argparse.Namespace) -> int | None:
    """Return the estimated number of images in the bags; None if unknown."""
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
    what = "clip" if arguments.format == "x2c" else "episode"
    console.print(
        f"{counted(outcome.pairs, 'pair')} in {counted(outcome.clips, what)}: {arguments.out}",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    notes = [
        f"{counted(count, 'image')} left out: {reason}"
        for reason, count in outcome.left_out.items()
    ]
    if outcome.resized:
        had = counted(outcome.resized, "image had", "images had")
        notes.append(f"{had} another size than the first, scaled")
    for note in (*notes, *outcome.issues):
        console.print(f"note: {note}", markup=False, highlight=False, soft_wrap=True)
    unusable = any("cannot be used" in reason for reason in outcome.left_out)
    return _PARTLY if outcome.issues or unusable else 0
