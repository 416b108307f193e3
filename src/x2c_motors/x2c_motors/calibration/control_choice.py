# SPDX-License-Identifier: Apache-2.0
"""Finding a control by what an owner types."""

from __future__ import annotations

from rich.table import Table

from x2c_core.control_space import controls
from x2c_core.control_space.captions import CAPTIONS
from x2c_core.terminal.tables import folded
from x2c_motors.errors import MotorCalibrationError


def find_control(text: str) -> str:
    """Return the name of the control that a number, a name or a part of a name means.

    Raises:
        MotorCalibrationError: None, or more than one.
    """
    if text.isdecimal():
        if int(text) >= controls.COUNT:
            raise MotorCalibrationError(
                f"controls are numbered 0 to {controls.COUNT - 1}, not {text}"
            )
        return controls.NAMES[int(text)]
    words = text.lower().replace("_", " ").split()
    exact = [name for name in controls.NAMES if name.lower().split() == words]
    found = exact or [
        name for name in controls.NAMES if all(word in name.lower() for word in words)
    ]
    if len(found) == 1:
        return found[0]
    if not found:
        raise MotorCalibrationError(f"no control is called {text!r}; 'list' shows them all")
    raise MotorCalibrationError(
        f"{text!r} can be {', '.join(found)}; write more of it, or its number"
    )


def control_table() -> Table:
    """Return all controls with their numbers and what they move."""
    table = Table("", "control", "moves", "low", "high")
    for control in controls.CONTROLS:
        caption = CAPTIONS[control.name]
        table.add_row(str(control.index), control.name, caption.moves, caption.low, caption.high)
    return folded(table)
