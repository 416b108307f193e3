# SPDX-License-Identifier: Apache-2.0
"""The old place of the recorder and bag player nodes."""

from typing import NoReturn

from x2c_node.moved import run_moved


def bag_player_node() -> NoReturn:
    """Run the bag player node of x2c_bags."""
    run_moved("x2c_bags", "bag_player_node")


def recorder_node() -> NoReturn:
    """Run the recorder node of x2c_bags."""
    run_moved("x2c_bags", "recorder_node")
