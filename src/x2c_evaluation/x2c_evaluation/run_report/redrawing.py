# SPDX-License-Identifier: Apache-2.0
"""Draw the virtual face again as it moved in a recorded run, larger and with smooth edges.

Live it is drawn small and with one sample a pixel, so that it costs little.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import cv2
import numpy as np

from x2c_core.arrays import ImageArray
from x2c_core.robot.robot import Robot
from x2c_virtual_face.virtual_face import VirtualFace

SIZE = 512
"""Width and height of an image [pixel]."""

_SAMPLES = 4


class RobotRedrawing:
    """Virtual face at recorded joint positions.

    Args:
        robot: Robot that was recorded.

    Raises:
        RobotMismatchError: The robot's joints are not those of the virtual face.
        RenderError: No off-screen OpenGL is available.
    """

    def __init__(self, robot: Robot) -> None:
        self._face = VirtualFace(robot, SIZE, SIZE, _SAMPLES)
        self._names = robot.joint_names
        self._face.render()

    def image(self, names: Sequence[str], positions: Sequence[float]) -> ImageArray | None:
        """Return the image (SIZE, SIZE, 3), BGR, of the face at joint positions.

        Args:
            names: Names of the joints, in any order.
            positions: Their positions [rad or m].

        Returns:
            None where a joint's position is missing or not finite.
        """
        known = dict(zip(names, positions, strict=False))
        wanted = np.array([known.get(name, np.nan) for name in self._names])
        if not np.isfinite(wanted).all():
            return None
        self._face.set_positions(wanted)
        bgr = cv2.cvtColor(self._face.render(), cv2.COLOR_RGB2BGR)
        return np.asarray(bgr, dtype=np.uint8)

    def __enter__(self) -> Self:
        """Return the drawing itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Free the images' memory."""
        self._face.close()
