# SPDX-License-Identifier: Apache-2.0
"""Find the neutral face of the person in front of the camera again, or that of a puppeteer.

The person looks neutral for a few seconds meanwhile. What is shown is relative to this face.

The exit status is 0 if it was done, 1 if a node refused, and 2 if there is none.
"""

from __future__ import annotations

import argparse

_CALIBRATE, _TRACKER_ONLY = "/calibrate_neutral", "/next_person"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    from x2c_cli.bus.finding import add_arguments as add_choice

    parser.add_argument(
        "--puppeteer",
        action="store_true",
        help="calibrate the sender of blendshapes instead, such as a phone",
    )
    add_choice(parser, every=False)


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    from x2c_cli.bus.connection import Bus
    from x2c_cli.bus.finding import TRIGGER, find, servers
    from x2c_cli.bus.requests import ask_all

    def services() -> list[str]:
        # Nodes can have any name; of those that calibrate only a tracker chooses people.
        trackers = {
            name.removesuffix(_TRACKER_ONLY) for name in servers(bus, TRIGGER, _TRACKER_ONLY)
        }
        return [
            name
            for name in servers(bus, TRIGGER, _CALIBRATE)
            if (name.removesuffix(_CALIBRATE) in trackers) is not arguments.puppeteer
        ]

    what = "receiver of blendshapes" if arguments.puppeteer else "face tracker"
    with Bus() as bus:
        return ask_all(bus, find(bus, what, services, arguments))
