# SPDX-License-Identifier: Apache-2.0
"""Brake the joints of all robots, then send them nothing until 'x2c enable'.

The exit status is 0 if it was done, 1 if a node refused, and 2 if there is none.
"""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    from x2c_cli.bus.finding import add_arguments as add_choice

    add_choice(parser, every=True)


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    from x2c_cli.bus.connection import Bus
    from x2c_cli.bus.finding import actuations, find
    from x2c_cli.bus.requests import ask_all

    with Bus() as bus:
        found = find(bus, "actuation node", lambda: actuations(bus), arguments)
        return ask_all(bus, [f"{name}/enable" for name in found], False)
