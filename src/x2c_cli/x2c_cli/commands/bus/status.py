# SPDX-License-Identifier: Apache-2.0
"""Say how the running nodes are doing, by what they report on /diagnostics.

The exit status is 0 if all is well, 1 if a node warns or reports an error, and 2 if no node
reports.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from x2c_node.diagnostics import Diagnosis


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--namespace", metavar="NS", default="", help="namespace of the nodes (default: all)"
    )
    parser.add_argument("--values", action="store_true", help="also print all reported values")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    from x2c_cli.bus.connection import Bus, domain
    from x2c_cli.bus.finding import normal, within
    from x2c_cli.bus.reports import listen
    from x2c_cli.errors import BusError
    from x2c_node.diagnostics import Level

    with Bus() as bus:
        heard = listen(bus)
        nodes = bus.nodes()
    found = {name: heard[name] for name in within(sorted(heard), normal(arguments.namespace))}
    if not found:
        others = f"; these run: {', '.join(nodes)}" if nodes else ": start the nodes"
        raise BusError(f"no node reports on /diagnostics ({domain()}){others}")
    if arguments.json:
        _print_json(found)
    else:
        _print(found, arguments.values)
    return 0 if all(one.level is Level.OK for one in found.values()) else 1


def _print(found: dict[str, Diagnosis], values: bool) -> None:
    from rich.console import Console
    from rich.text import Text

    from x2c_node.diagnostics import Level

    styles = {Level.OK: "green", Level.WARN: "yellow", Level.ERROR: "bold red"}
    console = Console()
    for name, one in found.items():
        line = Text(f"{one.level.name:6}", style=styles.get(one.level, "dim"))
        line.append(f"{name}: {one.message}", style="default not bold")
        console.print(line, soft_wrap=True)
        if values:
            for key, value in one.values.items():
                console.print(
                    f"         {key}: {value}", markup=False, highlight=False, soft_wrap=True
                )


def _print_json(found: dict[str, Diagnosis]) -> None:
    import json

    content = {
        name: {"level": one.level.name, "message": one.message, "values": dict(one.values)}
        for name, one in found.items()
    }
    print(json.dumps(content, indent=1))
