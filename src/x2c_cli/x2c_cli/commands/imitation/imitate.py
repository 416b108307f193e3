# SPDX-License-Identifier: Apache-2.0
"""Let the robot imitate a person until the video ends, or Ctrl-C.

It runs the same nodes as 'ros2 launch x2c_bringup imitation.launch.py', in one process. Other
programs can use their topics, services and parameters as usual.
"""

from __future__ import annotations

import argparse

from x2c_cli.commands.imitation.neutral import neutral_file
from x2c_cli.commands.imitation.source import add_graph_arguments, graph_options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_graph_arguments(parser, without_source="without --video and --camera: the first camera")


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    from rich.console import Console

    from x2c_bringup.run.composed_run import imitate
    from x2c_bringup.run.live_line import live_line

    console = Console()
    with neutral_file(arguments, console) as neutral:
        options = graph_options(arguments, neutral=neutral)
        composed_run = imitate(options, console, duration=arguments.duration)
    console.print(live_line(composed_run.diagnoses), highlight=False)
    return composed_run.tell_faults(console)
