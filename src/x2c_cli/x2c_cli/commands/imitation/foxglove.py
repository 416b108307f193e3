# SPDX-License-Identifier: Apache-2.0
"""Show running nodes in Foxglove.

A WebSocket server offers every topic of the nodes that run: images, landmarks as annotations of
the image and as markers, frames, control values, diagnostics. In Foxglove, open a connection to
the printed address, and import the layout config/foxglove/imitation.json. Nodes send it something
only while a panel shows it.

Only this machine can connect. On this machine every program can, without a password: a page in a
web browser too. --listen opens it to a network; it is not encrypted.

Foxglove can change nothing without --control. With it, Foxglove calls services (emergency stop,
reset, enable, neutral, calibrate) and sets parameters; whatever can connect can then move the
robot.
"""

from __future__ import annotations

import argparse

PORT = 8765
LOOPBACK = "127.0.0.1"
_NICENESS = 5
# Periods of a look at the topics, at what has come, and at that while no panel shows anything [s].
_REFRESH, _TICK, _RESTING = 1.0, 1.0 / 60.0, 0.2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--port", metavar="N", type=int, default=PORT, help=f"port of the server (default: {PORT})"
    )
    parser.add_argument(
        "--listen",
        metavar="ADDRESS",
        default=LOOPBACK,
        help="IP address of this machine on which others may connect (default: 127.0.0.1)",
    )

    parser.add_argument(
        "--control",
        action="store_true",
        help="let every program of this machine operate the robot; not with --listen",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    import time

    from rich.console import Console

    from x2c_cli.bus.connection import Bus
    from x2c_cli.errors import ViewerError
    from x2c_cli.viewers.foxglove_bridge import FoxgloveBridge
    from x2c_cli.viewers.foxglove_control import FoxgloveControl
    from x2c_core.system.niceness import give_way
    from x2c_node.spinning.stopping import stop_on_signals

    if arguments.control and arguments.listen != LOOPBACK:
        raise ViewerError(
            "--control opens the robot to all who can connect, so it is for this machine only: "
            "leave out --listen, and use 'ssh -L' from another one"
        )
    with (
        stop_on_signals() as request,
        Bus() as bus,
        FoxgloveBridge(
            bus,
            arguments.listen,
            arguments.port,
            FoxgloveControl(bus) if arguments.control else None,
        ) as bridge,
    ):
        give_way(_NICENESS)
        text = f"Foxglove: {bridge.url}  Ctrl-C ends it."
        Console().print(text, markup=False, highlight=False, soft_wrap=True)
        looked = 0.0
        while not request.wanted:
            if time.monotonic() - looked > _REFRESH:
                looked = time.monotonic()
                bridge.refresh()
            bridge.serve()
            time.sleep(_TICK if bridge.watched else _RESTING)
    return 0
