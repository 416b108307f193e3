# SPDX-License-Identifier: Apache-2.0
"""Set a parameter of a running node, until that node ends.

For example:
  x2c set imitation_node mirror true
  x2c set /left/actuation_node gain_brow 1.5

The exit status is 0 if the node took the value, and 2 if it did not.
"""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("node", metavar="NODE", help="name of the node, see 'x2c status'")
    parser.add_argument("parameter", metavar="PARAM", help="name of the parameter")
    parser.add_argument("value", metavar="VALUE", help="its new value")


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    from x2c_cli.bus.connection import Bus
    from x2c_cli.bus.parameters import find_node, set_parameter

    with Bus() as bus:
        node = find_node(bus, arguments.node)
        before, after = set_parameter(bus, node, arguments.parameter, arguments.value)
    print(f"{node}: {arguments.parameter} = {_text(after)} (was {_text(before)})")
    return 0


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)
