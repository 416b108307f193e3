# SPDX-License-Identifier: Apache-2.0
"""Find the neutral face of the person in front of the camera again.

The person looks neutral for a few seconds meanwhile. Imitation is relative to this face.

The exit status is 0 if it was done, 1 if a node refused, and 2 if there is none.
"""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    from x2c_cli.bus.finding import add_arguments as add_choice

    add_choice(parser, every=False)


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    from x2c_cli.bus.connection import Bus
    from x2c_cli.bus.finding import TRIGGER, find, servers
    from x2c_cli.bus.requests import ask_all

    with Bus() as bus:
        found = find(
            bus, "face tracker", lambda: servers(bus, TRIGGER, "/calibrate_neutral"), arguments
        )
        return ask_all(bus, found)
