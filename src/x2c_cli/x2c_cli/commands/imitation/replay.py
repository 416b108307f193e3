# SPDX-License-Identifier: Apache-2.0
"""Play the camera of a bag and let the nodes recompute everything else.

It takes any bag with camera images: MCAP or sqlite3, of any ROS 2 distribution, split, compressed
or cut off. It runs the same nodes as 'x2c imitate', in simulated time, and needs no rosbag2. Data
of the bag that could not be read are listed at the end.

The exit status is 0 if the whole bag was played, 3 if some of it could not be read or recorded, 1
if no image was played, and 2 if replay did not start.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING

from x2c_core.words import counted

if TYPE_CHECKING:
    from rich.console import Console

    from x2c_bringup.run.composed_run import ComposedRun

_NOTHING, _PARTLY = 1, 3
"""Exit statuses, as of 'x2c evaluate'."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    from x2c_cli.commands.imitation.source import add_common_arguments

    parser.add_argument("bag", metavar="BAG", help="folder of a bag, or one file of it")
    parser.add_argument(
        "--topic", metavar="T", default="", help="image topic, if there are several cameras"
    )
    parser.add_argument(
        "--rate",
        metavar="X",
        type=_rate,
        help="speed; 2 is twice as fast as recorded (default: 1)",
    )
    parser.add_argument(
        "--loop", action="store_true", default=None, help="start again at the end of the bag"
    )
    parser.add_argument(
        "--neutral",
        metavar="FILE",
        default="",
        help="an image of the person at rest, or a saved neutral face (.npz)",
    )
    parser.add_argument(
        "--record", metavar="DIR", type=Path, help="record the recomputed topics to a folder"
    )
    parser.add_argument(
        "--processes",
        action="store_true",
        help="run each node as a separate process, as ros2 launch does",
    )
    add_common_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    from rich.console import Console

    from x2c_bringup.graph.replay import ReplayOptions, build_replay
    from x2c_bringup.run.composed_run import run_apart, run_here
    from x2c_cli.commands.imitation.source import common_options

    console = Console()
    options = common_options(arguments, str(arguments.record or ""), arguments.neutral)
    asked = ReplayOptions(arguments.bag, arguments.topic, arguments.rate, arguments.loop)
    replay = build_replay(options, asked)
    console.print(
        f"Playing {replay.camera.name} of {arguments.bag}; Ctrl-C ends it.",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    runner = run_apart if arguments.processes else run_here
    specs = (replay.player, *replay.nodes)
    composed_run = runner(specs, console, duration=arguments.duration)
    failed = composed_run.tell_faults(console)
    return _tell(composed_run, console) or failed * _PARTLY


def _tell(composed_run: ComposedRun, console: Console) -> int:
    """Print what happened; return the exit status."""
    from x2c_bringup.graph.replay import PLAYER
    from x2c_bringup.run.live_line import number

    player = composed_run.diagnoses[PLAYER]
    tracker = composed_run.diagnoses["face_tracker_node"]
    images, seen = number(player, "image total"), number(tracker, "image total")
    faces = number(tracker, "face total")
    images, seen, faces = (0.0 if math.isnan(one) else one for one in (images, seen, faces))
    passes = player.values.get("passes", "0")
    console.print(
        f"{counted(round(images), 'image')} played (passes: {passes}), {seen:.0f} examined, "
        f"{faces:.0f} with a face",
        highlight=False,
    )
    troubles = [one for one in player.values.get("not readable", "").splitlines() if one]
    refused = number(player, "messages not played")
    if refused > 0:
        messages = counted(round(refused), "message was", "messages were")
        troubles.append(f"{messages} not played: the log says why")
    for trouble in troubles:
        console.print(f"note: {trouble}", markup=False, highlight=False, soft_wrap=True)
    if not images:
        console.print("note: no image was played", highlight=False)
        return _NOTHING
    return _PARTLY if troubles else 0


def _rate(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0.01 <= number <= 100.0:
        raise argparse.ArgumentTypeError(f"expected a number from 0.01 to 100, got {text!r}")
    return number
