# SPDX-License-Identifier: Apache-2.0
"""Choice of the running nodes that a command is for."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from x2c_cli.errors import BusError

if TYPE_CHECKING:
    from x2c_cli.bus.connection import Bus

ACTUATION_STATE = "x2c_msgs/msg/ActuationState"
SET_BOOL, TRIGGER = "std_srvs/srv/SetBool", "std_srvs/srv/Trigger"

_STATE = "/state"


def add_arguments(parser: argparse.ArgumentParser, *, every: bool) -> None:
    """Declare the arguments that choose nodes.

    Args:
        parser: Parser of a command.
        every: Whether the command is for the nodes of all namespaces by default.
    """
    default = "all" if every else "the only one"
    parser.add_argument(
        "--namespace",
        metavar="NS",
        default="",
        help=f"namespace of the robot (default: {default})",
    )
    if not every:
        parser.add_argument("--all", action="store_true", help="the robots of all namespaces")


def actuations(bus: Bus) -> list[str]:
    """Return the names of all actuation nodes, whatever they are called."""
    return [
        topic.removesuffix(_STATE)
        for topic in bus.topics(ACTUATION_STATE)
        if topic.endswith(_STATE)
    ]


def servers(bus: Bus, kind: str, ending: str) -> list[str]:
    """Return the names of the services of a type whose names end alike."""
    return [name for name in bus.services(kind) if name.endswith(ending)]


def find(
    bus: Bus, what: str, look: Callable[[], list[str]], arguments: argparse.Namespace
) -> list[str]:
    """Return the nodes, or services of nodes, that a command is for.

    Args:
        bus: The bus.
        what: Kind of node, in words.
        look: Returns the names of those that are there.
        arguments: Arguments declared by `add_arguments`.

    Raises:
        BusError: There is none, or a choice is needed; the text says what there is.
    """
    # Parsers declare arguments with this module, and load no ROS for it.
    from x2c_cli.bus.connection import domain

    namespace = normal(arguments.namespace)
    bus.settle(lambda: within(look(), namespace))
    there = look()
    found = within(there, namespace)
    if not found:
        where = f" in the namespace {namespace}" if namespace else ""
        others = f"; there is {', '.join(there)}" if there else ""
        raise BusError(
            f"no {what} runs{where} ({domain()}){others}: start the nodes, or give this shell "
            "their ROS_DOMAIN_ID and ROS_AUTOMATIC_DISCOVERY_RANGE"
        )
    if len(found) > 1 and not getattr(arguments, "all", True):
        raise BusError(
            f"there are several: {', '.join(found)}; choose with --namespace, or give --all"
        )
    return found


def within(names: Sequence[str], namespace: str) -> list[str]:
    """Return the names in a namespace, or in one below it; all if it is empty."""
    return [name for name in names if not namespace or name.startswith(f"{namespace}/")]


def normal(namespace: str) -> str:
    """Return a namespace with a slash before it and none behind, or an empty text."""
    return f"/{namespace.strip('/')}" if namespace.strip("/") else ""
