# SPDX-License-Identifier: Apache-2.0
"""The old place of motor_driver_node."""

from typing import NoReturn

from x2c_node.moved import run_moved


def motor_driver_node() -> NoReturn:
    """Run the motor driver node of x2c_motors."""
    run_moved("x2c_motors", "motor_driver_node")
