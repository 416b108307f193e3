# SPDX-License-Identifier: Apache-2.0
"""Show robots on one page: image, named expressions, joints with limits, controls and driver.

A robot without an image, a URDF or a usable robot.yaml is on the page too, with what is missing.
The page loads nothing else.
"""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "robots",
        metavar="ROBOT",
        nargs="*",
        help="name or folder of a robot (default: all that are installed)",
    )
    parser.add_argument(
        "--out",
        metavar="FILE",
        type=Path,
        default=Path("robots.html"),
        help="page to write (default: %(default)s)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    from rich.console import Console

    from x2c_core.files.results import replacing
    from x2c_core.printable import printable
    from x2c_evaluation.gallery.gallery import gallery_page
    from x2c_evaluation.gallery.robot_card import robot_card
    from x2c_node.robots import find_robot, robot_folders

    named = [find_robot(name) for name in arguments.robots]
    cards = [robot_card(folder) for folder in named or robot_folders().values()]
    with replacing(arguments.out) as partial:
        partial.write_text(printable(gallery_page(cards)), encoding="utf-8")
    Console().print(f"Written: {arguments.out}", markup=False, soft_wrap=True)
    return 1 if all(card.failed for card in cards) else 0
