# SPDX-License-Identifier: Apache-2.0
"""Show animations on the virtual face and take their images."""

from __future__ import annotations

from typing import Self

import cv2

from x2c_core.robot.robot import Robot
from x2c_datasets.animation.animation import Animation, generator_of
from x2c_datasets.collect.shot import Shot
from x2c_datasets.collection_settings import CollectionSettings, LookKind
from x2c_datasets.errors import CollectError
from x2c_virtual_face.errors import RobotMismatchError
from x2c_virtual_face.random_look import random_look
from x2c_virtual_face.virtual_face import VirtualFace


class Renderer:
    """One virtual face, to be used in one thread.

    Args:
        robot: The virtual humanoid.
        settings: Settings of the data set.

    Raises:
        CollectError: The robot is another one, which cannot be rendered.
        RenderError: No off-screen OpenGL is available.
    """

    def __init__(self, robot: Robot, settings: CollectionSettings) -> None:
        self._robot = robot
        self._settings = settings
        try:
            self._face = VirtualFace(robot, settings.size, settings.size)
        except RobotMismatchError as error:
            raise CollectError(
                f"robot {robot.name!r} cannot be simulated here, only the virtual humanoid can: "
                "collect from its topics with --topics while its driver and camera run"
            ) from error
        self._face.render()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Take the face down."""
        self._face.close()

    def shoot(self, animation: Animation) -> list[Shot]:
        """Return the images of an animation, all in the same random look."""
        settings = self._settings
        if settings.look is LookKind.VARIED:
            self._face.set_look(random_look(generator_of(settings.seed, animation.index, 1)))
        return [
            self._shot(animation, frame) for frame in range(settings.frames_of(animation.index))
        ]

    def _shot(self, animation: Animation, frame: int) -> Shot:
        self._face.set_positions(self._robot.joint_targets(animation.values[frame]))
        bgr = cv2.cvtColor(self._face.render(), cv2.COLOR_RGB2BGR)
        done, encoded = cv2.imencode(
            ".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, self._settings.quality]
        )
        if not done:
            raise CollectError(f"cannot encode image {frame} of {animation.identifier} as JPEG")
        return Shot(frame, encoded.tobytes(), self._face.landmarks(), self._face.projection())
