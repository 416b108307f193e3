# SPDX-License-Identifier: Apache-2.0
"""Let the robot imitate a person until the video ends, or Ctrl-C.

It runs the same nodes as 'ros2 launch x2c_bringup imitation.launch.py', in one process. Other
programs can use their topics, services and parameters as usual.

In a terminal, keys operate the nodes: space is the emergency stop, r resets it, e enables the
joints again, c finds your neutral face again, n goes to neutral, and q ends in order. A web
browser on this machine shows the same and more, at the address that is printed.

The exit status is 1 if there is no image from the camera, and 2 if a node refused to start.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from x2c_bringup.graph.options import GraphOptions
from x2c_cli.commands.imitation.neutral import neutral_file
from x2c_cli.commands.imitation.page import add_styles_argument
from x2c_cli.commands.imitation.source import add_graph_arguments, graph_options, takes_topic

if TYPE_CHECKING:
    from rich.console import Console

_COMPRESSED = "/compressed"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_graph_arguments(parser, without_source="without --video and --camera: the first camera")
    parser.add_argument(
        "--image-topic",
        metavar="T",
        default="",
        help="take images from the topic of a camera driver that runs already, raw or /compressed",
    )
    parser.add_argument(
        "--no-camera",
        action="store_true",
        help="start no camera: another driver publishes image_raw, or --image-topic",
    )
    parser.add_argument("--no-page", action="store_true", help="offer no page for web browsers")
    parser.add_argument(
        "--page-port",
        metavar="N",
        type=int,
        help="port of the page (default: 8766, or a free one)",
    )
    add_styles_argument(parser)
    parser.add_argument(
        "--foxglove",
        action="store_true",
        help="show the nodes in Foxglove too, as 'x2c foxglove' does",
    )
    parser.add_argument(
        "--foxglove-control",
        action="store_true",
        help="the same, and let every program of this machine operate the robot with it",
    )
    parser.add_argument(
        "--rerun",
        action="store_true",
        help="show the nodes in the viewer of Rerun too, as 'x2c rerun' does",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    from rich.console import Console

    from x2c_bringup.errors import NoImageError
    from x2c_bringup.run.composed_run import imitate
    from x2c_bringup.run.live_line import live_line
    from x2c_cli.camera_advice import check_camera, in_terms_of_options
    from x2c_core.errors import OutputError

    if takes_topic(arguments) and (arguments.video or arguments.camera):
        given = "--image-topic" if arguments.image_topic else "--no-camera"
        source = "--video" if arguments.video else "--camera"
        raise OutputError(f"{given}: images come from the topic, so leave out {source}")
    console = Console()
    try:
        if not takes_topic(arguments):
            check_camera(arguments)
        with (
            neutral_file(arguments, console) as neutral,
            _page(arguments, console),
            _foxglove(arguments, console),
            _rerun(arguments),
        ):
            composed_run = imitate(
                *(_options(arguments, neutral), console),
                duration=arguments.duration,
                give_up=True,
                keys=True,
            )
    except NoImageError as error:
        text = f"error: {in_terms_of_options(error, arguments)}"
        Console(stderr=True).print(text, markup=False, highlight=False, soft_wrap=True)
        return 1
    width = console.width if console.is_terminal else 0
    line = live_line(composed_run.diagnoses, width)
    console.print(line, markup=False, highlight=False, soft_wrap=True)
    return composed_run.tell_faults(console)


@contextlib.contextmanager
def _page(arguments: argparse.Namespace, console: Console) -> Iterator[None]:
    """Offer the live page, if it is wanted; without a port for it the robot imitates as well."""
    from x2c_bringup.errors import PageError
    from x2c_bringup.styles import read_styles
    from x2c_cli.page.door import PageDoor

    if arguments.no_page:
        yield
        return
    # Also the root by name: the page is for this robot, whatever else runs.
    words = ["--image-topic", arguments.image_topic or "image_raw"]
    words += ["--namespace", arguments.namespace or "/"]
    if arguments.styles:
        # The page's program starts with the first browser: too late to tell of mistakes.
        read_styles(Path(arguments.styles))
        words += ["--styles", arguments.styles]
    try:
        door = PageDoor(words, arguments.page_port)
    except PageError as error:
        console.print(f"note: no page: {error}", markup=False, highlight=False, soft_wrap=True)
        yield
        return
    with door:
        console.print(f"Page: {door.url}", markup=False, highlight=False, soft_wrap=True)
        yield


@contextlib.contextmanager
def _foxglove(arguments: argparse.Namespace, console: Console) -> Iterator[None]:
    """Serve Foxglove, if it is wanted."""
    from x2c_cli.commands.imitation.foxglove import PORT
    from x2c_cli.viewers.viewer_program import viewer_program

    if not (arguments.foxglove or arguments.foxglove_control):
        yield
        return
    control = ["--control"] if arguments.foxglove_control else []
    with viewer_program(["foxglove", "--port", str(PORT), *control], "foxglove"):
        console.print(f"Foxglove: ws://127.0.0.1:{PORT}", markup=False, highlight=False)
        yield


@contextlib.contextmanager
def _rerun(arguments: argparse.Namespace) -> Iterator[None]:
    """Show the nodes in Rerun, if it is wanted."""
    from x2c_cli.viewers.viewer_program import viewer_program

    if not arguments.rerun:
        yield
        return
    words = ["rerun", "--image-topic", arguments.image_topic or "image_raw"]
    words += ["--namespace", arguments.namespace or "/"]
    with viewer_program(words, "rerun"):
        yield


def _options(arguments: argparse.Namespace, neutral: str) -> GraphOptions:
    options = graph_options(arguments, neutral=neutral)
    # The scene of Foxglove shows landmarks as markers.
    options = dataclasses.replace(options, frames=arguments.foxglove or arguments.foxglove_control)
    if not takes_topic(arguments):
        return options
    topic = arguments.image_topic or options.image_topic
    return dataclasses.replace(
        options,
        camera=False,
        image_topic=topic.removesuffix(_COMPRESSED),
        image_transport="compressed" if topic.endswith(_COMPRESSED) else "",
    )
