# SPDX-License-Identifier: Apache-2.0
"""Emulated motors on a port of their own, for trials without hardware."""

from __future__ import annotations

import time
from pathlib import Path

from rich.console import Console

from x2c_core.system.registry import RegistryError
from x2c_motors.drivers import driver_class
from x2c_motors.emulators import EMULATORS
from x2c_motors.errors import EmulatorError
from x2c_node.spinning.stopping import stop_on_signals

_LOOK = 0.1
"""Time between two looks for a wish to stop [s]."""


def emulate(kind: str, addresses: range, link: Path, console: Console) -> int:
    """Run an emulated bus until it is interrupted, and return the command's exit status.

    Args:
        kind: Type of the motors, as in a driver section.
        addresses: Ids or channels of the motors.
        link: Path of the port to make.
        console: Console to print to.

    Raises:
        EmulatorError: There is no such emulator, such motors have no such addresses, or the
            port cannot be made.
        DriverSettingsError: The emulator has no driver.
    """
    try:
        emulator = EMULATORS.load(kind)
    except RegistryError as error:
        raise EmulatorError(f"type: {error}") from error
    form = driver_class(kind).address_form
    if addresses.start < form.lowest or addresses.stop - 1 > form.highest:
        raise EmulatorError(
            f"--ids: expected {form.lowest} to {form.highest} for {kind}, got "
            f"{addresses.start} to {addresses.stop - 1}"
        )
    bus = emulator.with_addresses(link, addresses)
    with stop_on_signals() as request:
        try:
            bus.plug()
        except OSError as error:
            raise EmulatorError(
                f"--link: cannot make {link}: {error.strerror or error}"
            ) from error
        try:
            console.print(
                f"{kind} bus on {link}; Ctrl-C ends it",
                markup=False,
                highlight=False,
                soft_wrap=True,
            )
            while not request.wanted:
                time.sleep(_LOOK)
        finally:
            bus.unplug()
    return 0
