# SPDX-License-Identifier: Apache-2.0
"""Watch and operate running nodes on a page in the web browser.

The page shows the camera with landmarks, the robot, the 30 control values, latency, rates and
states, and has buttons and an emergency stop. It joins nodes that others have started;
'x2c imitate' offers it by itself. Nodes send it something only while a browser looks.

Open the printed address: the token in it keeps other users of the machine out. Only this machine
can open the page. --listen opens it to a network; it is not encrypted, so in a network that you do
not trust, use 'ssh -L' instead.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from x2c_cli.commands.imitation.shown_robot import add_robot_arguments, robot_namespace

if TYPE_CHECKING:
    import socket

    from x2c_bringup.page.access import Access
    from x2c_bringup.styles import Style

_NICENESS = 5
_ABSENCE = 30.0
"""Time without an open page after which the program of a page rests [s]."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_robot_arguments(parser)
    parser.add_argument(
        "--port", metavar="N", type=int, help="port of the page (default: 8766, or a free one)"
    )
    parser.add_argument(
        "--listen",
        metavar="ADDRESS",
        default="",
        help="IP address of this machine on which others may open the page",
    )
    add_styles_argument(parser)
    # For a program that listens already, and starts this one when a browser comes.
    parser.add_argument("--socket", type=int, help=argparse.SUPPRESS)


def add_styles_argument(parser: argparse.ArgumentParser) -> None:
    """Declare the argument for the styles of the page."""
    parser.add_argument(
        "--styles",
        metavar="FILE",
        help="YAML with styles of the page, instead of config/styles.yaml: gains by region",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    import os
    import socket

    from rich.console import Console

    from x2c_bringup.page.access import ENVIRONMENT, LOOPBACK, Access
    from x2c_bringup.page.listening import address_of, listen

    styles = _styles(arguments)
    access = Access(arguments.listen or LOOPBACK)
    # Not for the programs that this one starts.
    os.environ.pop(ENVIRONMENT, None)
    if arguments.socket is not None:
        inherited = socket.socket(fileno=arguments.socket)
        inherited.setblocking(False)
        _serve(arguments, access, inherited, styles)
        return 0
    listening = listen(access, arguments.port)
    console = Console()
    console.print(f"Page: {address_of(listening, access)}  Ctrl-C ends it.", soft_wrap=True)
    if arguments.listen:
        console.print(
            "note: all who have this address can move the robot, and it is not encrypted",
            highlight=False,
            soft_wrap=True,
        )
    _serve(arguments, access, listening, styles)
    return 0


def _styles(arguments: argparse.Namespace) -> dict[str, Style]:
    from pathlib import Path

    from x2c_bringup.styles import read_styles, styles_file

    return read_styles(Path(arguments.styles) if arguments.styles else styles_file())


def _serve(
    arguments: argparse.Namespace,
    access: Access,
    listening: socket.socket,
    styles: dict[str, Style],
) -> None:
    import asyncio

    from x2c_bringup.page.description import description
    from x2c_bringup.page.newest import Newest
    from x2c_bringup.page.server import PageServices, serve
    from x2c_bringup.page.sliders import Sliders
    from x2c_cli.bus.live.live_link import LiveLink
    from x2c_cli.page.operator import PageOperator
    from x2c_cli.page.recording import COMMAND, Recording
    from x2c_core.system.niceness import give_way
    from x2c_node.spinning.stopping import stop_on_signals

    newest = Newest()
    newest.put("description", description())
    namespace, topic = robot_namespace(arguments), arguments.image_topic
    link = LiveLink(newest, namespace, topic, Sliders(newest), styles=styles)
    recording = Recording(COMMAND, lambda state: newest.put("recording", state))
    operator = PageOperator(link, recording, ["--image-topic", topic])
    started_by_door = arguments.socket is not None
    niced = not started_by_door

    def ended(absence: float) -> bool:
        nonlocal niced
        if not niced and newest.get("camera") is not None:
            # From the first image on it gives way to the nodes.
            niced = True
            give_way(_NICENESS)
        # The next browser starts it again.
        left = started_by_door and absence > _ABSENCE and not (recording.runs or link.asserted)
        return request.wanted or left

    with stop_on_signals() as request:
        link.start()
        # The browser that it was started for comes in a moment.
        link.watch(started_by_door)
        try:
            services = PageServices(newest, operator, access)
            asyncio.run(serve(listening, services, ended))
        finally:
            recording.close()
            link.close()
