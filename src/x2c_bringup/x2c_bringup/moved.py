# SPDX-License-Identifier: Apache-2.0
"""The old place of the command x2c."""

from typing import NoReturn

from x2c_node.moved import run_moved


def x2c() -> NoReturn:
    """Run the command of x2c_cli."""
    run_moved("x2c_cli", "x2c")
