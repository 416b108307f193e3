# SPDX-License-Identifier: Apache-2.0
"""Motor drivers by name; each is imported only when it is wanted."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from x2c_core.robot.robot import Robot
from x2c_motors.errors import DriverSettingsError

if TYPE_CHECKING:
    from x2c_motors.drivers.driver import MotorDriver

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


def has_motors(robot: Robot) -> bool:
    """Return whether a robot has motors that motor_driver_node moves."""
    return any(section.get("type", VIRTUAL) != VIRTUAL for section in robot.boards.values())


def driver_class(name: object, key: str = "driver") -> type[MotorDriver]:
    """Return the driver of a name.

    Args:
        name: Type that a section of robot.yaml gives.
        key: Key of that section.

    Raises:
        DriverSettingsError: There is none; the text lists those there are.
    """
    if name == VIRTUAL:
        raise DriverSettingsError(
            f"{key}.type: the virtual driver is virtual_face_node, which moves a simulated face"
        )
    if not isinstance(name, str) or name not in DRIVERS:
        raise DriverSettingsError(
            f"{key}.type: expected one of {', '.join(sorted([*DRIVERS, VIRTUAL]))}, got {name!r}"
        )
    module = import_module(f"x2c_motors.drivers.{name}")
    found: type[MotorDriver] = getattr(module, DRIVERS[name])
    return found
