# SPDX-License-Identifier: Apache-2.0
"""Show a named expression on a robot that runs ('x2c imitate').

Only the regions that the expression is about are moved: with a smile the head still follows the
person. The exit status is 0 if it is shown, 1 if a node refused, and 2 if there is none.
"""

from __future__ import annotations

import argparse

from x2c_cli.commands.imitation.source import seconds


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    from x2c_cli.bus.finding import add_arguments as add_choice
    from x2c_core.control_space.expressions import EXPRESSIONS

    parser.add_argument(
        "name",
        metavar="NAME",
        choices=[*EXPRESSIONS, "none"],
        help=f"expression: {', '.join(EXPRESSIONS)}; none ends the one that is shown",
    )
    parser.add_argument(
        "intensity",
        metavar="INTENSITY",
        nargs="?",
        type=float,
        default=1.0,
        help="how much of it, 0 to 1 (default: 1)",
    )
    parser.add_argument(
        "--seconds",
        metavar="S",
        type=seconds,
        default=2.0,
        help="time for which it is shown [s] (default: 2)",
    )
    parser.add_argument(
        "--regions",
        metavar="R",
        default="",
        help="regions to move, such as mouth,brows=0.5 (default: those that it is about)",
    )
    add_choice(parser, every=False)


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    from x2c_cli.bus.connection import Bus
    from x2c_cli.bus.face_sharing import expression_services
    from x2c_cli.bus.requests import ask_each
    from x2c_msgs.srv import PlayExpression

    request = PlayExpression.Request(
        name="" if arguments.name == "none" else arguments.name,
        intensity=arguments.intensity,
        seconds=arguments.seconds,
        regions=arguments.regions,
    )
    with Bus() as bus:
        return ask_each(bus, expression_services(bus, arguments), PlayExpression, request)
