# SPDX-License-Identifier: Apache-2.0
"""Preparation of what a virtual face takes long to load, before the face is made."""

from __future__ import annotations

from x2c_core.robot.robot import Robot
from x2c_virtual_face.opengl import start_in_background


def prepare(robot: Robot) -> None:
    """Load MuJoCo and OpenGL, and build the model; faces of this robot are made sooner then.

    Args:
        robot: Description with the virtual humanoid's joints.

    Raises:
        RobotMismatchError: The robot's joints are not those of the virtual humanoid.
        ImportError: MuJoCo is not installed.
    """
    # Local, as in the simulation: MuJoCo looks for its OpenGL library when it is imported.
    from x2c_virtual_face.head import model

    start_in_background()
    model.prepare(robot)
