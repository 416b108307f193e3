# SPDX-License-Identifier: Apache-2.0
"""A small robot, and a node that moves it."""

from functools import partial

import pytest

from x2c_testing.small_robot import robot, write_robot, write_robot_to

__all__ = ["robot", "write_robot", "write_robot_to"]


@pytest.fixture
def start(ros, wait_until, node_inside):
    """Function of a robot's folder that starts the node in this process."""
    # Only now: tests of pure logic need no ROS.
    from x2c_testing.actuation_side import start_inside

    return partial(start_inside, ros, wait_until, node_inside)


@pytest.fixture
def start_program(ros, wait_until, node_process):
    """Function of a robot's folder that starts the node as a process."""
    from x2c_testing.actuation_side import start_process

    return partial(start_process, ros, wait_until, node_process)
