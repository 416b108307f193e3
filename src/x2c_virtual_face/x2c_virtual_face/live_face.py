# SPDX-License-Identifier: Apache-2.0
"""Simulated face in motion, as JPEG images for the live page."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import ArrayLike

from x2c_core.robot.robot import Robot
from x2c_virtual_face.simulation import Simulation

if TYPE_CHECKING:
    from x2c_virtual_face.virtual_face import VirtualFace

_PERIOD = 1.0 / 30.0
_STILL_PERIOD = 1.0
"""Period at which a face at rest is shown again [s], so that pages notice a program that hangs."""

_AT_REST = 1e-3
"""Speed below which a joint stands, as a share of its highest."""
_QUALITY = 88


class LiveFace:
    """A face that follows control values with its servos; may be used from any thread.

    Args:
        robot: Robot with the virtual humanoid's joints.
        size: Width and height of the images [px].
        shown: Called with each JPEG image, in the thread of the simulation.

    Raises:
        RobotMismatchError: The robot's joints are not those of the virtual humanoid.
        RenderError: There is no OpenGL library that draws without a display.
    """

    def __init__(self, robot: Robot, size: int, shown: Callable[[bytes], None]) -> None:
        self._robot = robot
        self._shown = shown
        self._fastest = np.array([joint.velocity for joint in robot.joints])
        self._wanted = self._sent = robot.home
        self._watched = False
        self._open = True
        self._last_image = 0.0
        self._simulation = Simulation(robot, size, size)
        self._simulation.start(self._tick, lambda: self._open)

    def show(self, values: ArrayLike) -> None:
        """Have the face go to control values (30,) [ratio or rad].

        Raises:
            ControlError: The values are not 30 finite numbers.
        """
        self._wanted = self._robot.joint_targets(values)

    def watch(self, wanted: bool) -> None:
        """Begin or end to make images; the first one comes at once."""
        if wanted:
            self._last_image = 0.0
        self._watched = wanted

    def close(self) -> None:
        """Stop."""
        self._open = False
        self._simulation.close()

    def _tick(self, face: VirtualFace, passed: float) -> None:
        wanted = self._wanted
        if wanted is not self._sent:
            self._sent = wanted
            face.command(wanted)
        face.step(passed)
        if not self._watched:
            return
        speed = np.abs(face.joint_velocities() / self._fastest).max()
        due = _PERIOD if speed > _AT_REST else _STILL_PERIOD
        now = time.monotonic()
        if now - self._last_image >= due:
            # From when it was due, so that ticks of 10 ms make 30 images a second.
            self._last_image = max(self._last_image + _PERIOD, now - _PERIOD)
            self._show_image(face)

    def _show_image(self, face: VirtualFace) -> None:
        image = cv2.cvtColor(face.render(), cv2.COLOR_RGB2BGR)
        _, jpeg = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, _QUALITY))
        self._shown(jpeg.tobytes())
