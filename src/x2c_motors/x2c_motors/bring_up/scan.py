# SPDX-License-Identifier: Apache-2.0
"""Show ports, and the motors on them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from x2c_core.terminal.tables import folded
from x2c_motors.bring_up.finding import Search, ports, search
from x2c_motors.drivers import DRIVERS


def show_ports(console: Console) -> int:
    """Show the ports of this machine and return the command's exit status."""
    found = ports()
    if not found:
        console.print("No USB serial port and no I2C bus: is the adapter plugged in?")
        return 1
    table = Table("port", "what it is")
    for port in found:
        table.add_row(port.path, port.description)
    console.print(folded(table))
    usable, _ = DRIVERS.load_all()
    kinds = ", ".join(name for name, driver in usable.items() if driver.can_scan())
    console.print(f"To look for motors there, give their type: --type {kinds}", soft_wrap=True)
    return 0


def show_motors(console: Console, options: Mapping[str, Any], known: Mapping[int, str]) -> int:
    """Look for motors, show them, and return the command's exit status.

    Args:
        console: Console to print to.
        options: Type and options of the driver section; places not given are all tried.
        known: Names of a robot's joints by address, if one was given.
    """
    kind = options["type"]
    rest = {key: value for key, value in options.items() if key != "type"}
    total = 0
    with console.status(f"Looking for {kind} motors"):
        for one in search(kind, rest):
            total += len(one.found)
            _show(console, one, known)
    if not total:
        console.print("No motor answers. Are they powered, and is everything plugged in?")
    return 0 if total else 1


def _show(console: Console, one: Search, known: Mapping[int, str]) -> None:
    if one.error:
        console.print(f"{one.place}: {one.error}", highlight=False, soft_wrap=True, markup=False)
        return
    console.print(f"{one.place}: {len(one.found)} found", highlight=False, soft_wrap=True)
    if not one.found:
        return
    table = Table("address", "what it is", "at", "", *(["joint"] if known else []))
    for motor in one.found:
        where = "" if math.isnan(motor.raw) else f"{motor.raw:g}"
        joint = [known.get(motor.address, "[yellow]none[/yellow]")] if known else []
        table.add_row(str(motor.address), motor.model, where, motor.notes, *joint)
    console.print(folded(table))
    if missing := sorted(set(known) - {motor.address for motor in one.found}):
        names = ", ".join(f"{known[address]} ({address})" for address in missing)
        console.print(f"[red]no answer of {names}[/red]", soft_wrap=True)
