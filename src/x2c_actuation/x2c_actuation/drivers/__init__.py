# SPDX-License-Identifier: Apache-2.0
"""Motor drivers by name; each is imported only when it is wanted."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from x2c_actuation.drivers.settings import read_settings
from x2c_actuation.errors import DriverSettingsError
from x2c_face.robot import Robot

if TYPE_CHECKING:
    from x2c_actuation.drivers.driver import MotorDriver

VIRTUAL = "virtual"
"""The driver type of robots whose joints virtual_face_node moves."""

DRIVERS: Mapping[str, str] = {
    "ameca": "AmecaDriver",
    "dynamixel": "DynamixelDriver",
    "feetech": "FeetechDriver",
    "maestro": "MaestroDriver",
    "pca9685": "Pca9685Driver",
}
"""Class of each driver, in the module of its name in this package."""


def driver_class(name: object) -> type[MotorDriver]:
    """Return the driver of a name.

    Raises:
        DriverSettingsError: There is none; the text lists those there are.
    """
    if name == VIRTUAL:
        raise DriverSettingsError(
            "driver.type: the virtual driver is virtual_face_node, which moves a simulated face"
        )
    if not isinstance(name, str) or name not in DRIVERS:
        raise DriverSettingsError(
            f"driver.type: expected one of {', '.join(sorted([*DRIVERS, VIRTUAL]))}, got {name!r}"
        )
    module = import_module(f"x2c_actuation.drivers.{name}")
    found: type[MotorDriver] = getattr(module, DRIVERS[name])
    return found


def make_driver(robot: Robot, overrides: Mapping[str, Any] | None = None) -> MotorDriver:
    """Return the driver of a robot's motors, not yet opened.

    Args:
        robot: With a driver section in its robot.yaml.
        overrides: Take the place of options in that section, for example {"port": "/dev/ttyUSB1"}.

    Raises:
        DriverSettingsError: The section is missing or says something that cannot be.
    """
    file = robot.folder / "robot.yaml"
    if not robot.driver:
        raise DriverSettingsError(
            f"{file} has no driver section, which says how its motors are reached; "
            "docs/your_own_face.md tells how to write one"
        )
    try:
        found = driver_class(robot.driver.get("type"))
        return found(read_settings(robot.driver, robot.joints, found, overrides))
    except DriverSettingsError as error:
        line = _line(str(error).partition(": ")[0], robot.lines)
        raise DriverSettingsError(f"{file}: line {line}: {error}") from error


def _line(key: str, lines: Mapping[str, int]) -> int:
    """Return the line of a key, or of what it would stand in."""
    while key and key not in lines:
        key = key.rpartition(".")[0]
    return lines.get(key, 1)
