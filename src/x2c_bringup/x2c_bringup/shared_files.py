# SPDX-License-Identifier: Apache-2.0
"""Files that are installed with this package, and settings that the middleware takes from them."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from pathlib import Path

from ament_index_python import get_package_share_directory

from x2c_bringup.errors import SettingsFileError

PROFILE_VARIABLE = "FASTDDS_DEFAULT_PROFILES_FILE"
RANGE_VARIABLE = "ROS_AUTOMATIC_DISCOVERY_RANGE"


def shared_file(*parts: str) -> Path:
    """Return the path of an installed file of this package."""
    return Path(get_package_share_directory("x2c_bringup")).joinpath(*parts)


def default_params_file() -> Path:
    """Return the parameter file that is used where the user gives none."""
    return shared_file("config", "imitation.yaml")


def middleware_profile() -> Path:
    """Return the path of the Fast DDS profile that lets big images through."""
    return shared_file("config", "fastdds.xml")


def training_settings_file(name: str) -> Path:
    """Return the file of a training's settings: one that is installed, or any path.

    Raises:
        SettingsFileError: There is no such file; the message lists those that are installed.
    """
    given = Path(name).expanduser()
    if given.is_file():
        return given
    folder = shared_file("config", "training")
    installed = folder / f"{name}.yaml"
    if installed.is_file():
        return installed
    known = ", ".join(sorted(file.stem for file in folder.glob("*.yaml"))) or "none"
    raise SettingsFileError(f"there is no file {name}; installed settings: {known}")


def set_middleware_defaults(environment: MutableMapping[str, str] = os.environ) -> None:
    """Set what lets big images through and keeps messages on this machine.

    What the user has set stays. It has to be done before the first node of a process is made.
    """
    environment.setdefault(PROFILE_VARIABLE, str(middleware_profile()))
    environment.setdefault(RANGE_VARIABLE, "LOCALHOST")
