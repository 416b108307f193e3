# SPDX-License-Identifier: Apache-2.0
"""Simulated face in motion, as JPEG images for the page."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
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
"""Period at which a face at rest is shown again [s], so that pages notice a server that is gone.
"""
_AT_REST = 1e-3
"""Speed below which a joint stands, as a share of its highest."""
_QUALITY = 88


class LiveFace:
    """A face that follows control values with its servos; may be used from any thread.

    Args:
        robot: Robot with the virtual humanoid's joints.
        size: Width and height of the images [px].

    Raises:
        RobotMismatchError: The robot's joints are not those of the virtual humanoid.
        RenderError: There is no OpenGL library that draws without a display.
    """

    def __init__(self, robot: Robot, size: int) -> None:
        self._robot = robot
        self._fastest = np.array([joint.velocity for joint in robot.joints])
        self._wanted = self._sent = robot.home
        self._news = threading.Condition()
        self._jpeg = b""
        self._number = 0
        self._watchers = 0
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

    def images(self) -> Iterator[bytes]:
        """Yield the newest JPEG image whenever there is one, until the face is closed."""
        with self._news:
            self._watchers += 1
            # A new viewer gets an image at once.
            self._last_image = 0.0
        seen = self._number
        try:
            while True:
                with self._news:
                    while self._number == seen and self._open:
                        self._news.wait()
                    if not self._open:
                        return
                    seen, jpeg = self._number, self._jpeg
                yield jpeg
        finally:
            with self._news:
                self._watchers -= 1

    def close(self) -> None:
        """Stop, and end all `images`."""
        with self._news:
            self._open = False
            self._news.notify_all()
        self._simulation.close()

    def _tick(self, face: VirtualFace, passed: float) -> None:
        wanted = self._wanted
        if wanted is not self._sent:
            self._sent = wanted
            face.command(wanted)
        face.step(passed)
        if not self._watchers:
            return
        speed = np.abs(face.joint_velocities() / self._fastest).max()
        due = _PERIOD if speed > _AT_REST else _STILL_PERIOD
        now = time.monotonic()
        if now - self._last_image >= due:
            # From when it was due, so that ticks of 10 ms make 30 images a second.
            self._last_image = max(self._last_image + _PERIOD, now - _PERIOD)
            self._publish(face)

    def _publish(self, face: VirtualFace) -> None:
        image = cv2.cvtColor(face.render(), cv2.COLOR_RGB2BGR)
        _, jpeg = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, _QUALITY))
        with self._news:
            self._jpeg = jpeg.tobytes()
            self._number += 1
            self._news.notify_all()
