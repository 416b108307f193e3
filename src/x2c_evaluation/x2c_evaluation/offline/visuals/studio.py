# SPDX-License-Identifier: Apache-2.0
"""Drawing of a robot in a thread of its own, while the recording is still worked on."""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING

from x2c_core.arrays import Array, ImageArray
from x2c_core.control_space import controls
from x2c_core.files.issues import Issues
from x2c_core.robot.robot import Robot

if TYPE_CHECKING:
    from x2c_evaluation.offline.visuals.robot_artist import RobotArtist

Drawing = Future[ImageArray | None]
"""An image (side, side, 3), BGR, as soon as it is drawn; None where the robot cannot be."""

_SMALL = 16
"""Side of the first image, which is not kept [pixel]."""


class RobotStudio:
    """Draw a robot in this process's drawing thread.

    MuJoCo, the robot's model and OpenGL's own programs take a second of the processor before the
    first image. OpenGL ties images to the thread that draws them, so one thread draws all.

    Args:
        robot: The robot; the virtual one stands in for one that cannot be simulated.
    """

    def __init__(self, robot: Robot) -> None:
        self._robot = robot
        self._issues = Issues()
        self._artists: dict[int, RobotArtist] = {}
        self._is_closed = False

    def get_ready(self) -> None:
        """Have the first image take less time, without waiting for it."""
        _drawing_thread().submit(self._get_ready)

    def draw(self, values: Array, side: int) -> Drawing:
        """Have an image of a side [pixel] drawn, with control values (30,)."""
        return _drawing_thread().submit(self._draw, values, side)

    def report(self, issues: Issues) -> None:
        """Note why the robot could not be drawn, in what has been drawn."""
        for issue in self._issues:
            issues.once(issue.text, loss=issue.loss)

    def close(self) -> None:
        """Draw nothing more and free what draws, without waiting for it."""
        self._is_closed = True
        _drawing_thread().submit(self._free)

    def _get_ready(self) -> None:
        # What cannot be drawn is noted when it is wanted.
        self._artist(_SMALL, Issues()).draw(controls.NEUTRAL)
        self._free()

    def _draw(self, values: Array, side: int) -> ImageArray | None:
        if self._is_closed:
            return None
        return self._artist(side, self._issues).draw(values)

    def _artist(self, side: int, issues: Issues) -> RobotArtist:
        # Only here, beside the work of other threads: MuJoCo's import takes a while.
        from x2c_evaluation.offline.visuals.robot_artist import RobotArtist

        if side not in self._artists:
            self._artists[side] = RobotArtist(self._robot, side, issues)
        return self._artists[side]

    def _free(self) -> None:
        for artist in self._artists.values():
            artist.close()
        self._artists.clear()


@cache
def _drawing_thread() -> ThreadPoolExecutor:
    # It stays for the next recording: in another thread OpenGL would compile its programs again.
    return ThreadPoolExecutor(1, "robot artist")


# A forked process has the executor, but not its thread.
os.register_at_fork(after_in_child=_drawing_thread.cache_clear)
