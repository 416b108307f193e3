# SPDX-License-Identifier: Apache-2.0
"""Find robot folders by name, in this project and in every package that registers some.

A package registers a folder of robot folders with an ament resource of type `x2c_robots`, whose
content is that folder's path relative to the package's install prefix.
"""

from __future__ import annotations

from pathlib import Path

from ament_index_python import get_resource, get_resources

from x2c_core.errors import RobotError
from x2c_core.robot.robot_file import FILE_NAME
from x2c_core.words import did_you_mean

RESOURCE_TYPE = "x2c_robots"


def robot_folders() -> dict[str, Path]:
    """Return every installed robot's folder, by name.

    Raises:
        RobotError: Two packages bring a robot of the same name, or the environment of the
            installation is not entered.
    """
    folders: dict[str, Path] = {}
    try:
        packages = get_resources(RESOURCE_TYPE)
    except (OSError, LookupError) as error:
        raise RobotError(
            f"cannot look for installed robots: {error}; enter the environment first, or give the "
            "path of a robot's folder, with a slash"
        ) from error
    for package in packages:
        content, prefix = get_resource(RESOURCE_TYPE, package)
        for file in sorted((Path(prefix) / content.strip()).glob(f"*/{FILE_NAME}")):
            other = folders.setdefault(file.parent.name, file.parent)
            if other != file.parent:
                raise RobotError(
                    f"two robots are called {other.name!r}: {other} and {file.parent}; "
                    "rename one, or give the path of the one you mean"
                )
    return folders


def find_robot(name: str) -> Path:
    """Return a robot's folder from its name, or from a path to it.

    Raises:
        RobotError: There is no such robot; the message lists those there are.
    """
    if "/" in name or name in (".", ".."):
        folder = Path(name).expanduser()
        if (folder / FILE_NAME).is_file():
            return folder.resolve()
        raise RobotError(f"no robot at {folder.absolute()}: expected a folder with a {FILE_NAME}")
    folders = robot_folders()
    if name not in folders:
        known = ", ".join(sorted(folders)) or "none"
        raise RobotError(
            f"unknown robot {name!r}{did_you_mean(name, folders)}; installed robots: {known}; "
            f"or give the path of a folder with a {FILE_NAME}"
        )
    return folders[name]
