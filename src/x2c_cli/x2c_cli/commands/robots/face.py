# SPDX-License-Identifier: Apache-2.0
"""Move the robot's simulated face with sliders, one for each control, in the web browser.

The face is simulated with its servos and shown live; named expressions can be mixed in. It is the
live page of 'x2c page' with sliders and face only, for this machine, until Ctrl-C. With --ros the
sliders also drive a robot: they are published as control values for actuation_node, and the page
has the emergency stop and all else that there is of the robot.
"""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket

    from x2c_bringup.page.access import Access
    from x2c_bringup.page.newest import Newest
    from x2c_virtual_face.live_face import LiveFace


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--robot", metavar="R", default="virtual", help="name or folder of a simulated robot"
    )
    parser.add_argument(
        "--port", metavar="N", type=_port, help="port of the page (default: 8766, or a free one)"
    )
    parser.add_argument(
        "--size",
        metavar="PX",
        type=_size,
        default=480,
        help="width and height of the image (default: %(default)s)",
    )
    parser.add_argument(
        "--ros", action="store_true", help="publish control_values, to drive a robot"
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="serve no page: measure how often the face is found, and the drawing speed",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    from rich.console import Console

    from x2c_core.robot.robot_file import load_robot
    from x2c_node.robots import find_robot

    console = Console()
    robot = load_robot(find_robot(arguments.robot))
    if arguments.check:
        from x2c_evaluation.face_detection_rate import check

        return check(robot, console)

    from x2c_bringup.page.access import Access
    from x2c_bringup.page.listening import address_of, listen
    from x2c_bringup.page.newest import Blob, Newest
    from x2c_virtual_face.live_face import LiveFace

    access = Access()
    listening = listen(access, arguments.port)
    newest = Newest()
    face = LiveFace(robot, arguments.size, lambda jpeg: newest.put("robot", Blob(jpeg, {})))
    try:
        port = listening.getsockname()[1]
        console.print(
            f"Open {address_of(listening, access)} in a web browser; Ctrl-C ends it.",
            soft_wrap=True,
        )
        console.print(
            f"From another machine: ssh -L {port}:localhost:{port} this-machine",
            style="dim",
            highlight=False,
        )
        _serve(newest, face, listening, access, robot.name, arguments.ros)
    finally:
        face.close()
    return 0


def _serve(
    newest: Newest,
    face: LiveFace,
    listening: socket.socket,
    access: Access,
    title: str,
    ros: bool,
) -> None:
    import asyncio

    from x2c_bringup.page.description import description
    from x2c_bringup.page.server import Operator, PageServices, serve
    from x2c_bringup.page.sliders import Sliders, shown
    from x2c_cli.page.face_operator import FaceOperator
    from x2c_core.control_space.layers import ControlLayer
    from x2c_node.spinning.stopping import stop_on_signals

    def changed(layer: ControlLayer) -> None:
        face.show(layer.values)
        if not ros:
            newest.put("values", shown(layer.values))

    newest.put("description", description(title, stops=ros))
    sliders = Sliders(newest, changed)
    with stop_on_signals() as request, ExitStack() as stack:
        nodes: Operator | None = None
        if ros:
            from x2c_cli.bus.live.live_link import LiveLink
            from x2c_cli.page.operator import PageOperator
            from x2c_cli.page.recording import COMMAND, Recording

            link = LiveLink(newest, "", "", sliders, always=True)
            link.start()
            stack.callback(link.close)
            recording = Recording(COMMAND, lambda state: newest.put("recording", state))
            stack.callback(recording.close)
            nodes = PageOperator(link, recording, ())
        services = PageServices(newest, FaceOperator(sliders, face, nodes), access)
        asyncio.run(serve(listening, services, lambda absence: request.wanted))


def _port(text: str) -> int:
    return _whole(text, 1, 65535, "a port")


def _size(text: str) -> int:
    return _whole(text, 64, 1080, "a size in pixels")


def _whole(text: str, lowest: int, highest: int, what: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = lowest - 1
    if not lowest <= number <= highest:
        raise argparse.ArgumentTypeError(
            f"expected {what} from {lowest} to {highest}, got {text!r}"
        )
    return number
