# SPDX-License-Identifier: Apache-2.0
"""Draw the robot with control values, as far as that is possible."""

from __future__ import annotations

from typing import Self

import cv2
import numpy as np

from x2c_core.arrays import Array, ImageArray
from x2c_core.errors import X2CError
from x2c_core.files.issues import Issues
from x2c_core.robot.robot import Robot
from x2c_core.robot.robot_file import load_robot
from x2c_node.robots import find_robot
from x2c_virtual_face.errors import RobotMismatchError
from x2c_virtual_face.virtual_face import VirtualFace

_VIRTUAL = "virtual"


class RobotArtist:
    """Draw a robot; the virtual one stands in for a robot that cannot be simulated.

    Args:
        robot: The robot.
        side: Width and height of the images [pixel].
        issues: Takes why the robot cannot be drawn.
        samples: Samples a pixel, for smooth edges; 0 for one.
    """

    def __init__(self, robot: Robot, side: int, issues: Issues, samples: int = 0) -> None:
        self._issues = issues
        self._face: VirtualFace | None = None
        self._robot = robot
        try:
            try:
                self._face = VirtualFace(robot, side, side, samples)
            except RobotMismatchError:
                self._robot = load_robot(find_robot(_VIRTUAL))
                self._face = VirtualFace(self._robot, side, side, samples)
                issues.once("images of the robot show the virtual one", loss=False)
        except X2CError as error:
            issues.once(f"there are no images of the robot: {error}", loss=False)

    def draw(self, values: Array) -> ImageArray | None:
        """Return an image (side, side, 3), BGR, with control values (30,); None without any."""
        if self._face is None:
            return None
        try:
            self._face.set_positions(self._robot.joint_targets(values))
            return np.asarray(cv2.cvtColor(self._face.render(), cv2.COLOR_RGB2BGR), np.uint8)
        except X2CError as error:
            self._issues.once(f"the robot cannot be drawn: {error}", loss=False)
            return None

    def close(self) -> None:
        """Free what draws, in the thread that drew."""
        if self._face is not None:
            self._face.close()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close it."""
        self.close()
