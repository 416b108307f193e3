# SPDX-License-Identifier: Apache-2.0
"""Move the robot's simulated face with sliders, one for each control, in the web browser.

The face is simulated with its servos and shown live; named expressions can be mixed in. The page
is served to this machine only, until Ctrl-C. With --ros the sliders also drive a robot: they are
published as control values for actuation_node.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from x2c_node.spinning.stopping import StopRequest, stop_on_signals

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from rich.console import Console

_REFRESH = 0.2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--robot", metavar="R", default="virtual", help="name or folder of a simulated robot"
    )
    parser.add_argument(
        "--port", metavar="N", type=_port, help="port of the page (default: 8765, or a free one)"
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

    from x2c_virtual_face.panel.live_face import LiveFace
    from x2c_virtual_face.panel.server import PanelServer

    face = LiveFace(robot, arguments.size)
    try:
        server = PanelServer(face, robot.name, arguments.port)
        try:
            console.print(f"Open [bold]{server.url}[/bold] in a web browser; Ctrl-C ends it.")
            console.print(
                f"From another machine: ssh -L {server.port}:localhost:{server.port} this-machine",
                style="dim",
                highlight=False,
            )
            with stop_on_signals() as request:
                if arguments.ros:
                    with _publishing(lambda: server.blend.values) as said:
                        _wait(request, console, said)
                else:
                    _wait(request, console)
        finally:
            server.close()
    finally:
        face.close()
    return 0


def _wait(request: StopRequest, console: Console, said: Callable[[], str] = str) -> None:
    """Wait for the end; print what there is to say whenever it changes."""
    last = ""
    while not request.wanted:
        text = said()
        if text != last:
            console.print(text, soft_wrap=True)
            last = text
        time.sleep(_REFRESH)


@contextmanager
def _publishing(values: Callable[[], ArrayLike]) -> Iterator[Callable[[], str]]:
    """Publish control values meanwhile; gives what there is to say of it."""
    import threading

    from x2c_bringup.run.composed import ros
    from x2c_core.sources.live_expression import LiveExpression
    from x2c_imitation.expression_source_node import ExpressionSourceNode
    from x2c_node.spinning.executor import GuardedExecutor
    from x2c_node.spinning.spin import spin_until

    with ros():
        node = ExpressionSourceNode(LiveExpression(values, "sliders"))
        executor = GuardedExecutor()
        executor.add_node(node)
        done = threading.Event()
        thread = threading.Thread(target=spin_until, args=(executor, done.is_set), name="ros")
        node.start()
        thread.start()
        try:
            yield lambda: node.diagnosis().message
        finally:
            done.set()
            thread.join()
            node.stop()
            executor.shutdown()
            node.destroy_node()


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
