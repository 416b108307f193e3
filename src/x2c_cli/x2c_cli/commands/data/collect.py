# SPDX-License-Identifier: Apache-2.0
"""Collect a data set: images of a robot's face with the control values that made it.

The virtual face is rendered, as fast as the machine allows. Any other robot is driven over its
topics (--topics) while its driver and camera run. To resume a run that was stopped, give the same
command again.
"""

from __future__ import annotations

import argparse
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from x2c_cli.commands.imitation.source import seconds
from x2c_core.words import counted

if TYPE_CHECKING:
    from x2c_core.robot.robot import Robot
    from x2c_datasets.collect.progress import CollectProgress
    from x2c_datasets.collection_settings import CollectionSettings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--robot", metavar="R", default="virtual", help="name or folder of a robot"
    )
    parser.add_argument(
        "--samples", metavar="N", type=int, required=True, help="number of pairs to collect"
    )
    parser.add_argument(
        "--seed", metavar="S", type=int, default=0, help="random seed (default: %(default)s)"
    )
    parser.add_argument(
        "--out", metavar="DIR", type=Path, required=True, help="folder for the data set"
    )
    parser.add_argument(
        "--frames",
        metavar="N",
        type=int,
        default=20,
        help="images of each animation (default: %(default)s)",
    )
    simulation = parser.add_argument_group("the virtual face, rendered")
    simulation.add_argument(
        "--look",
        default="varied",
        choices=("varied", "plain"),
        help="light, camera, skin and background: varied between animations, or plain "
        "(default: %(default)s)",
    )
    simulation.add_argument(
        "--size",
        metavar="PX",
        type=int,
        default=256,
        help="width and height of the images (default: %(default)s)",
    )
    simulation.add_argument(
        "--quality",
        metavar="Q",
        type=int,
        default=92,
        help="JPEG quality, 1 to 100 (default: %(default)s)",
    )
    simulation.add_argument(
        "--workers",
        metavar="N",
        type=int,
        default=0,
        help="number of processes (default: one per core)",
    )
    topics = parser.add_argument_group("any robot, over its topics")
    topics.add_argument(
        "--topics", action="store_true", help="command the robot's joints and take camera images"
    )
    topics.add_argument(
        "--camera",
        metavar="T",
        default="robot/image_raw/compressed",
        help="topic of camera images, raw or /compressed (default: %(default)s)",
    )
    topics.add_argument(
        "--commands",
        metavar="T",
        default="joint_commands",
        help="topic of joint commands (default: %(default)s)",
    )
    topics.add_argument(
        "--settle",
        metavar="S",
        type=_duration,
        default=0.3,
        help="time that a pose is held before its image is taken [s] (default: %(default)s)",
    )
    topics.add_argument(
        "--tolerance",
        metavar="S",
        type=_duration,
        default=0.1,
        help="longest time between the end of --settle and the image's stamp [s] "
        "(default: %(default)s)",
    )
    topics.add_argument(
        "--rest",
        metavar="S",
        type=_duration,
        default=60.0,
        help="rest in the neutral pose, so that motors cool; 0: none [s] (default: %(default)g)",
    )
    topics.add_argument(
        "--rest-every",
        metavar="S",
        type=seconds,
        default=600.0,
        help="time of motion between two rests [s] (default: %(default)g)",
    )
    topics.add_argument("--namespace", metavar="NS", default="", help="namespace of all topics")


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    from rich.console import Console

    from x2c_core.robot.robot_file import load_robot
    from x2c_datasets.collect.progress import CollectProgress
    from x2c_datasets.collection_settings import CollectionSettings, LookKind, robot_file_hash
    from x2c_datasets.errors import CollectError
    from x2c_node.robots import find_robot

    robot = load_robot(find_robot(arguments.robot))
    if arguments.workers < 0:
        raise CollectError(f"expected 1 worker or more, got {arguments.workers}")
    settings = CollectionSettings(
        robot=robot.name,
        samples=arguments.samples,
        seed=arguments.seed,
        frames=arguments.frames,
        look=LookKind(arguments.look),
        size=arguments.size,
        quality=arguments.quality,
        robot_file=robot_file_hash(robot.folder),
        **_topic_settings(arguments),
    )
    console = Console()
    try:
        with CollectProgress(console, settings.samples) as progress:
            warnings = _collect(arguments, settings, robot, progress)
            rate = progress.rate
    except KeyboardInterrupt:
        console.print(
            f"Stopped; to resume in {arguments.out}, give the same command again.", soft_wrap=True
        )
        raise
    for warning in warnings:
        console.print(f"note: {warning}", markup=False, soft_wrap=True)
    console.print(
        f"{counted(settings.samples, 'pair')} in {arguments.out} ({rate:.3g} pairs/s); "
        f"see {arguments.out / 'README.md'}",
        markup=False,
        soft_wrap=True,
    )
    return 0


def _topic_settings(arguments: argparse.Namespace) -> dict[str, Any]:
    if not arguments.topics:
        return {}
    return {
        "camera": arguments.camera,
        "settle": arguments.settle,
        "tolerance": arguments.tolerance,
    }


def _collect(
    arguments: argparse.Namespace,
    settings: CollectionSettings,
    robot: Robot,
    progress: CollectProgress,
) -> tuple[str, ...]:
    if not arguments.topics:
        from x2c_datasets.collect.simulated import collect_simulated

        workers = arguments.workers or len(os.sched_getaffinity(0))
        out, advance = arguments.out, progress.collected
        outcome = collect_simulated(robot.folder, settings, out, workers, advance)
        return outcome.warnings
    from x2c_bringup.shared_files import set_middleware_defaults

    set_middleware_defaults()
    from x2c_datasets.collect.recorded import collect_recorded
    from x2c_datasets.collect.rests import Rests

    outcome = collect_recorded(
        robot,
        settings,
        arguments.out,
        progress.collected,
        commands=arguments.commands,
        namespace=arguments.namespace,
        rests=Rests(arguments.rest_every, arguments.rest),
        say=progress.say,
    )
    return outcome.warnings


def _duration(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0.0 <= number < math.inf:
        raise argparse.ArgumentTypeError(f"expected a number of seconds, got {text!r}")
    return number
