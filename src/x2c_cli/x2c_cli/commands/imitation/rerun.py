# SPDX-License-Identifier: Apache-2.0
"""Show running nodes in the viewer of Rerun.

It opens the viewer with a layout: both images, landmarks in the image and in 3-D, the moving model
of the robot, the 30 curves, and as text states, limits and diagnostics. The command ends when the
viewer's window is closed; then nothing is subscribed to any more.

Without a display, write a file, or send to a viewer that was started elsewhere, with 'rerun'; what
is sent is not encrypted.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from x2c_cli.commands.imitation.shown_robot import add_robot_arguments, robot_namespace

if TYPE_CHECKING:
    from collections.abc import Callable

    from rerun import RecordingStream

_NICENESS = 5
# Periods of a look at the topics, and at what has come [s].
_REFRESH, _TICK = 1.0, 1.0 / 60.0
_PATIENCE = 5.0
"""Time limit for a viewer to take the rest at the end [s]."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_robot_arguments(parser)
    parser.add_argument(
        "--robot",
        metavar="R",
        default="",
        help="robot whose model is shown: name or folder (default: that of actuation)",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--out", metavar="FILE", help="write FILE.rrd instead of opening a viewer")
    where.add_argument(
        "--connect", metavar="HOST:PORT", help="send to a viewer that runs, of the same version"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    from pathlib import Path

    from x2c_cli.viewers.rerun_viewer import RerunViewer
    from x2c_datasets.viewer.rerun_live import recording_to_file, recording_to_viewer
    from x2c_node.spinning.stopping import stop_on_signals

    with stop_on_signals() as request:
        if arguments.out:
            recording = recording_to_file(Path(arguments.out))
            return _show(arguments, recording, lambda: request.wanted)
        if arguments.connect:
            recording = recording_to_viewer(arguments.connect)
            return _show(arguments, recording, lambda: request.wanted)
        with RerunViewer() as viewer:
            recording = recording_to_viewer(viewer.address)
            return _show(arguments, recording, lambda: request.wanted or not viewer.running)


def _show(
    arguments: argparse.Namespace, recording: RecordingStream, ended: Callable[[], bool]
) -> int:
    import time

    from rich.console import Console

    from x2c_cli.bus.connection import Bus
    from x2c_cli.errors import ViewerError
    from x2c_cli.viewers.rerun_bridge import RerunBridge
    from x2c_core.system.niceness import give_way
    from x2c_datasets.viewer.rerun_live import RerunLive

    give_way(_NICENESS)
    console = Console(stderr=True)

    def tell(notes: list[str]) -> None:
        for note in notes:
            console.print(f"note: {note}", markup=False, highlight=False, soft_wrap=True)

    live = RerunLive(recording, None if arguments.out else _PATIENCE)
    shown, advised, looked = "", "", 0.0
    try:
        with Bus() as bus:
            bridge = RerunBridge(bus, robot_namespace(arguments), arguments.image_topic, live.take)
            while not ended():
                if time.monotonic() - looked > _REFRESH:
                    looked = time.monotonic()
                    bridge.refresh()
                    if not shown and (shown := arguments.robot or bridge.robot()):
                        tell(live.robot(shown))
                    if bridge.advice != advised and (advised := bridge.advice):
                        tell([advised])
                    if live.behind:
                        raise ViewerError("the viewer takes nothing any more, so this ends")
                bus.receive()
                time.sleep(_TICK)
            bridge.close()
    finally:
        tell(live.close())
    return 0
