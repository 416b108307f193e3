# SPDX-License-Identifier: Apache-2.0
"""End an emergency stop or a fault of actuation and motor drivers.

A reset moves nothing: the joints stay until 'x2c enable'. It is refused while a publisher still
asserts the stop.

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
    from x2c_cli.bus.finding import TRIGGER, actuations, find, servers
    from x2c_cli.bus.requests import ask_all

    with Bus() as bus:
        found = find(bus, "actuation node", lambda: actuations(bus), arguments)
        places = [name.rpartition("/")[0] for name in found]
        drivers = servers(bus, TRIGGER, "/motor_driver_node/reset")
        services = [f"{name}/reset" for name in found]
        services += [
            one for one in drivers if one.removesuffix("/motor_driver_node/reset") in places
        ]
        return ask_all(bus, services)
