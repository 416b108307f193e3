# SPDX-License-Identifier: Apache-2.0
"""The simulated face of the live page."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from x2c_core.control_space import controls
from x2c_core.robot.robot import Robot
from x2c_virtual_face.errors import RenderError
from x2c_virtual_face.live_face import LiveFace

SIZE = 64


def test_images_come_while_someone_looks_and_show_what_is_asked_for(
    robot: Robot, wait_until: Any
) -> None:
    images: list[bytes] = []
    try:
        face = LiveFace(robot, SIZE, images.append)
    except RenderError as error:
        pytest.skip(str(error))
    try:
        face.show(controls.NEUTRAL)
        assert images == []
        face.watch(True)
        wait_until(lambda: images, what="an image")
        before = pixels(images[0])
        assert before.shape == (SIZE, SIZE, 3)
        face.show(controls.from_names({"Head Yaw": 0.5, "Jaw Pitch": 0.0}))
        wait_until(lambda: np.abs(pixels(images[-1]) - before).mean() > 3.0, what="another face")
    finally:
        face.close()


def pixels(jpeg: bytes) -> Any:
    return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR).astype(int)
