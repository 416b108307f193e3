# SPDX-License-Identifier: Apache-2.0
"""Numbers as owners type them, with or without units."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from x2c_motors.errors import MotorCalibrationError

_FORM = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*(\D*)", re.ASCII | re.IGNORECASE)

_DEGREE = math.radians(1.0)

RADIANS: Mapping[str, float] = {"": 1.0, "rad": 1.0, "deg": _DEGREE, "°": _DEGREE}
"""Units of an angle that is in radians where none is given."""

DEGREES: Mapping[str, float] = {"": _DEGREE, "deg": _DEGREE, "°": _DEGREE, "rad": 1.0}
"""Units of an angle that is in degrees where none is given."""

METRES: Mapping[str, float] = {"": 1.0, "m": 1.0, "mm": 0.001}
"""Units of a way."""

SHARES: Mapping[str, float] = {"": 1.0, "%": 0.01}
"""Units of a ratio."""


def parse_command(text: str, number: str, units: Mapping[str, float]) -> float:
    """Return the number in a command.

    Args:
        text: The whole command.
        number: The part that is to be a number, as in `parse_number`.
        units: Factor of each unit that there may be.

    Raises:
        MotorCalibrationError: It is none.
    """
    try:
        return parse_number(number, units)
    except MotorCalibrationError as error:
        raise MotorCalibrationError(f"{text!r} is no command: {error}") from error


def units_of(joint_type: str) -> Mapping[str, float]:
    """Return the units that positions of a joint of this type may have."""
    return {"revolute": RADIANS, "prismatic": METRES}.get(joint_type, SHARES)


def parse_number(text: str, units: Mapping[str, float]) -> float:
    """Return a finite number in the units' base.

    Args:
        text: Text as typed: digits with a point, then a unit.
        units: Factor of each unit that there may be; "" where none is given.

    Raises:
        MotorCalibrationError: It is something else.
    """
    found = _FORM.fullmatch(text.strip())
    number = float(found[1]) if found else math.nan
    factor = units.get(found[2].strip().lower()) if found else None
    if factor is None or not math.isfinite(number):
        names = [name for name in units if name]
        ends = f", alone or with {' or '.join(names)}" if names else ""
        raise MotorCalibrationError(f"expected a number such as 0.2{ends}; got {text!r}")
    return number * factor
