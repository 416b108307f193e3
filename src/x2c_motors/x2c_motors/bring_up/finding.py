# SPDX-License-Identifier: Apache-2.0
"""Ports, and the motors on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from serial.tools import list_ports

from x2c_motors.configuration.settings_reader import build_driver, read_settings
from x2c_motors.drivers import driver_class
from x2c_motors.drivers.driver import MotorDriver
from x2c_motors.drivers.reports import Found
from x2c_motors.errors import DriverError, DriverSettingsError

_I2C = "I2C bus"


@dataclass(frozen=True)
class Port:
    """A port of this machine.

    Attributes:
        path: Path of the port.
        description: Device at the port, as far as it identifies itself.
    """

    path: str
    description: str


@dataclass(frozen=True)
class Search:
    """The result of looking for motors in one place.

    Attributes:
        place: Port, bus or address.
        options: Options of the driver, for robot.yaml.
        found: Motors that answer.
        error: Reason why no motors were found; empty if the port could be queried.
    """

    place: str
    options: Mapping[str, Any]
    found: Sequence[Found]
    error: str = ""


def ports() -> list[Port]:
    """Return the serial ports of USB devices, and the I2C buses."""
    serial = [
        Port(port.device, port.description)
        for port in sorted(list_ports.comports())
        if port.vid is not None
    ]
    buses = [Port(str(path), _I2C) for path in sorted(Path("/dev").glob("i2c-*"))]
    return serial + buses


def bare_driver(kind: str, options: Mapping[str, Any]) -> MotorDriver:
    """Return a driver that knows of no motors yet.

    Raises:
        DriverSettingsError: There is no such driver, or an option cannot be.
    """
    found = driver_class(kind)
    return build_driver(found, read_settings({"type": kind, **options, "joints": {}}, (), found))


def search(kind: str, options: Mapping[str, Any]) -> Iterator[Search]:
    """Look for motors of one type wherever the options leave it open.

    Raises:
        DriverSettingsError: There is no such driver, it cannot look for motors, or an option
            cannot be.
    """
    driver = driver_class(kind)
    if not driver.can_scan():
        raise DriverSettingsError(f"{kind}: such motors cannot be looked for")
    places: list[str | None] = [None]
    if driver.serial and driver.port_option not in options:
        places = [port.path for port in ports() if port.description != _I2C]
    rates: Sequence[int | None] = (None,)
    if "baudrate" not in options and driver.usual_baudrates:
        rates = driver.usual_baudrates
    for place in places:
        for rate in rates:
            chosen = dict(options)
            if place is not None:
                chosen[driver.port_option] = place
            if rate is not None:
                chosen["baudrate"] = rate
            found = _look(kind, chosen)
            yield found
            if found.found:
                break


def _look(kind: str, options: Mapping[str, Any]) -> Search:
    driver = bare_driver(kind, options)
    place = driver.place
    if "baudrate" in options and driver.usual_baudrates:
        place += f" at {options['baudrate']} baud"
    try:
        driver.open()
        return Search(place, options, driver.scan())
    except DriverError as error:
        return Search(place, options, (), str(error))
    finally:
        driver.close()
