# SPDX-License-Identifier: Apache-2.0
"""A robot's URDF, for those who show it."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from x2c_bringup.errors import GraphError
from x2c_core.files.input_limits import TEXT_BYTES
from x2c_core.files.regular_files import read_text

DEFAULT_ROBOT = "virtual"
"""The robot where the user names none, as in the parameter file that comes with the project."""


def robot_description(robot: str) -> str:
    """Return the URDF in a robot's folder, which has the folder's name.

    Args:
        robot: Name of an installed robot, or path of a robot's folder.

    Raises:
        RobotError: There is no such robot.
        GraphError: It has no URDF.
    """
    from x2c_node.robots import find_robot

    folder = find_robot(robot)
    path = folder / f"{folder.name}.urdf"
    try:
        return read_text(path, TEXT_BYTES)
    except ValueError as error:
        raise GraphError(f"description: cannot read the URDF {path}: {error}") from error
    except OSError as error:
        raise GraphError(
            f"description: robot {robot!r} has no URDF, expected {path}: {error.strerror}"
        ) from error


def root_link(urdf: str) -> str:
    """Return the link of a URDF that hangs on no joint; empty if it has none.

    Raises:
        GraphError: It is no XML.
    """
    try:
        root = ET.fromstring(urdf)  # noqa: S314 - a file of the robot's folder
    except ET.ParseError as error:
        raise GraphError(f"description: the URDF is no XML: {error}") from error
    children = {child.get("link", "") for child in root.iterfind("joint/child")}
    links = [link.get("name", "") for link in root.iterfind("link")]
    return next((link for link in links if link not in children), "")
