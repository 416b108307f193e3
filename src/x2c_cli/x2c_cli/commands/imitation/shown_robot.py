# SPDX-License-Identifier: Apache-2.0
"""Arguments of commands that show one robot whose nodes run already."""

from __future__ import annotations

import argparse

from x2c_cli.bus.finding import normal
from x2c_cli.bus.robot_choice import ROOT


def add_robot_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments that choose the robot and its camera."""
    parser.add_argument(
        "--namespace",
        metavar="NS",
        default="",
        help="namespace of the robot; / for that of no name (default: the only one)",
    )
    parser.add_argument(
        "--image-topic",
        metavar="T",
        default="image_raw",
        help="topic of the camera (default: image_raw)",
    )


def robot_namespace(arguments: argparse.Namespace) -> str:
    """Return the namespace that was asked for; ROOT for that of no name, empty for the only one.

    Args:
        arguments: Arguments declared by `add_robot_arguments`.
    """
    return normal(arguments.namespace) or (ROOT if arguments.namespace else "")
