# SPDX-License-Identifier: Apache-2.0
"""Motor drivers by name: entry points of installed packages, imported only when asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from x2c_core.robot.robot import Robot
from x2c_core.system.registry import Registry, RegistryError
from x2c_motors.errors import DriverSettingsError

if TYPE_CHECKING:
    from x2c_motors.drivers.driver import MotorDriver

VIRTUAL = "virtual"
"""Driver type of robots whose joints virtual_face_node moves."""

DRIVERS: Registry[MotorDriver] = Registry(
    "x2c.motor_drivers", "motor driver", "x2c_motors.drivers.driver:MotorDriver"
)
"""All installed motor drivers, ours and those of other packages."""


def has_motors(robot: Robot) -> bool:
    """Return whether a robot has motors that motor_driver_node moves."""
    return any(section.get("type", VIRTUAL) != VIRTUAL for section in robot.boards.values())


def driver_class(name: object, key: str = "driver") -> type[MotorDriver]:
    """Return a motor driver.

    Args:
        name: Type given in a driver section of robot.yaml.
        key: Key of that section.

    Raises:
        DriverSettingsError: No driver has this name, or it cannot be used; the text says why.
    """
    if name == VIRTUAL:
        raise DriverSettingsError(
            f"{key}.type: the virtual driver is virtual_face_node, which moves a simulated face"
        )
    if not isinstance(name, str):
        names = ", ".join(sorted([*DRIVERS.names(), VIRTUAL]))
        raise DriverSettingsError(f"{key}.type: expected one of {names}, got {name!r}")
    try:
        return DRIVERS.load(name)
    except RegistryError as error:
        raise DriverSettingsError(f"{key}.type: {error}") from error
