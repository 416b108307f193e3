# SPDX-License-Identifier: Apache-2.0
"""List the topics on the bus, with types, and numbers of publishers and subscriptions."""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--namespace", metavar="NS", default="", help="namespace of the topics (default: all)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status: 2 if there is no topic."""
    from x2c_cli.bus.connection import Bus, domain
    from x2c_cli.bus.finding import normal, within
    from x2c_cli.errors import BusError
    from x2c_core.words import counted

    with Bus() as bus:
        bus.settle(bus.nodes)
        topics = bus.topics()
        names = within(list(topics), normal(arguments.namespace))
        # Every node has these two, ours too.
        names = [one for one in names if one not in ("/parameter_events", "/rosout")]
        ends = {name: bus.ends(name) for name in names}
    if not names:
        raise BusError(f"there is no topic ({domain()}): start the nodes")
    width = max(len(name) for name in names)
    for name in names:
        publishers, subscriptions = ends[name]
        numbers = f"{counted(publishers, 'publisher')}, {counted(subscriptions, 'subscription')}"
        print(f"{name:{width}}  {topics[name]}  ({numbers})")
    return 0
