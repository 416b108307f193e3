# SPDX-License-Identifier: Apache-2.0
"""Show running nodes in Foxglove.

A WebSocket server offers every topic of the nodes that run: images, landmarks as annotations of
the image and as markers, frames, control values, diagnostics. In Foxglove, open a connection to
the printed address, and import the layout config/foxglove/imitation.json. Nodes send it something
only while a panel shows it; Foxglove can change nothing.

Only this machine can connect. On this machine every program can, without a password: a page in a
web browser too. --listen opens it to a network; it is not encrypted.
"""

from __future__ import annotations

import argparse

PORT = 8765
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
        default="127.0.0.1",
        help="IP address of this machine on which others may connect (default: 127.0.0.1)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    import time

    from rich.console import Console

    from x2c_cli.bus.connection import Bus
    from x2c_cli.viewers.foxglove_bridge import FoxgloveBridge
    from x2c_core.system.niceness import give_way
    from x2c_node.spinning.stopping import stop_on_signals

    with (
        stop_on_signals() as request,
        Bus() as bus,
        FoxgloveBridge(bus, arguments.listen, arguments.port) as bridge,
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
