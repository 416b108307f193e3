# SPDX-License-Identifier: Apache-2.0
"""Loading of the virtual face while the rest of a command starts."""

from __future__ import annotations

import threading
from contextlib import suppress

from x2c_bringup.graph.robot_description import DEFAULT_ROBOT


def load_face(robot: str) -> threading.Thread:
    """Begin to load what the virtual face of a robot needs, and return the thread that does it.

    It takes longer than all else, and joints are watched before they move: the sooner the face is
    there, the sooner it moves. The node that makes the face waits for what is still missing, and
    tells what is wrong.

    Args:
        robot: Name or folder of a robot, which may have motors instead; empty for the default.
    """
    loader = threading.Thread(target=_load, args=(robot or DEFAULT_ROBOT,), name="face loader")
    loader.start()
    return loader


def _load(name: str) -> None:
    # The command imports much more meanwhile.
    from x2c_core.robot.robot_file import load_robot
    from x2c_motors.drivers import has_motors
    from x2c_node.robots import find_robot

    with suppress(Exception):
        robot = load_robot(find_robot(name))
        if not has_motors(robot):
            from x2c_virtual_face.preparation import prepare

            prepare(robot)
