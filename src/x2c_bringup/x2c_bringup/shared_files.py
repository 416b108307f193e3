# SPDX-License-Identifier: Apache-2.0
"""Files that are installed with this package, and settings that the middleware takes from them."""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping
from pathlib import Path

from ament_index_python import get_package_share_directory

from x2c_bringup.errors import SettingsFileError

PROFILE_VARIABLE = "FASTDDS_DEFAULT_PROFILES_FILE"
RANGE_VARIABLE = "ROS_AUTOMATIC_DISCOVERY_RANGE"
PEERS_VARIABLE = "ROS_STATIC_PEERS"

_REACHES_OTHERS = ("", "NOT_SET", "SUBNET", "SYSTEM_DEFAULT")
"""Ranges beyond this machine; what ROS does not know, such as "localhost", it takes for LOCALHOST.
"""

_OPEN, _CONFINED = "fastdds.xml", "fastdds_localhost.xml"


def shared_file(*parts: str) -> Path:
    """Return the path of an installed file of this package."""
    return Path(get_package_share_directory("x2c_bringup")).joinpath(*parts)


def default_params_file() -> Path:
    """Return the parameter file that is used where the user gives none."""
    return shared_file("config", "imitation.yaml")


def middleware_profile(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the path of the Fast DDS profile that fits an environment.

    All let big images through; for nodes that only this machine may find, it also keeps their
    sockets on the loopback address.

    Args:
        environment: Variables with the range of discovery.
    """
    return shared_file("config", _profile_name(environment))


def chosen_profile(environment: Mapping[str, str] = os.environ) -> str:
    """Return the path of the profile to use: the user's own, or ours for the range of discovery.

    Args:
        environment: Variables with the range of discovery and, where set, a profile. One of ours
            that is meant for another range is replaced.
    """
    given = environment.get(PROFILE_VARIABLE, "")
    if not given:
        return str(middleware_profile(environment))
    fitting = Path(given).with_name(_profile_name(environment))
    if Path(given).name in (_OPEN, _CONFINED) and fitting.is_file():
        return str(fitting)
    return given


def is_confined(environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether only nodes on this machine can be found.

    Args:
        environment: Variables with the range of discovery.
    """
    # A user who names peers on other machines wants to be found by them.
    reach = environment.get(RANGE_VARIABLE, "")
    return reach not in _REACHES_OTHERS and not environment.get(PEERS_VARIABLE)


def _profile_name(environment: Mapping[str, str]) -> str:
    return _CONFINED if is_confined(environment) else _OPEN


def training_settings_file(name: str) -> Path:
    """Return the file of a training's settings: one that is installed, or any path.

    A name that is installed goes before a file: the launcher beside the data may be called `x2c`
    too. With a slash, "./x2c" is the file.

    Raises:
        SettingsFileError: There is no such file; the message lists those that are installed.
    """
    folder = shared_file("config", "training")
    installed = folder / f"{name}.yaml"
    if "/" not in name and installed.is_file():
        return installed
    given = Path(name).expanduser()
    if given.is_file():
        return given
    known = ", ".join(sorted(file.stem for file in folder.glob("*.yaml"))) or "none"
    raise SettingsFileError(f"there is no file {name}; installed settings: {known}")


def set_middleware_defaults(environment: MutableMapping[str, str] = os.environ) -> None:
    """Set what lets big images through and keeps messages on this machine.

    What the user has set stays. It has to be done before the first node of a process is made.
    """
    environment.setdefault(RANGE_VARIABLE, "LOCALHOST")
    environment[PROFILE_VARIABLE] = chosen_profile(environment)
