# SPDX-License-Identifier: Apache-2.0
"""The robot and the faces that the tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from x2c_core.robot.robot import Robot
from x2c_core.robot.robot_file import load_robot
from x2c_virtual_face.errors import RenderError
from x2c_virtual_face.virtual_face import VirtualFace

ROBOT_FOLDER = Path(__file__).resolve().parents[3] / "config" / "robots" / "virtual"


@pytest.fixture(scope="session")
def robot() -> Robot:
    return load_robot(ROBOT_FOLDER)


@pytest.fixture(scope="session")
def built_face(robot: Robot) -> Iterator[VirtualFace]:
    with VirtualFace(robot) as face:
        yield face


@pytest.fixture
def face(built_face: VirtualFace, robot: Robot) -> VirtualFace:
    """Return the shared face, put back to neutral."""
    built_face.set_positions(robot.home)
    return built_face


@pytest.fixture
def drawing_face(face: VirtualFace) -> VirtualFace:
    """Return a face that can be rendered; the test is skipped where no OpenGL library is."""
    try:
        face.render()
    except RenderError as error:
        pytest.skip(str(error))
    return face
