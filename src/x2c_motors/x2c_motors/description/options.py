# SPDX-License-Identifier: Apache-2.0
"""What the driver section of a robot.yaml may say, and the reading of it."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from x2c_motors.errors import DriverSettingsError


@dataclass(frozen=True)
class Option:
    """One key of the driver section.

    Attributes:
        default: Its value where it is left out; its type is the option's.
        description: One sentence, with the unit.
        low: Lowest number allowed.
        high: Highest number allowed.
        choices: Texts allowed; empty for any.
    """

    default: str | bool | int | float
    description: str
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class AddressForm:
    """How robot.yaml names the motor of a joint.

    Attributes:
        key: What a motor's address is called there.
        lowest: Lowest address.
        highest: Highest address.
        unit: Name of the raw unit.
        names: Of the addresses, where robot.yaml names and does not number them.
    """

    key: str
    lowest: int
    highest: int
    unit: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class RawScale:
    """Raw values of a kind of motor.

    Attributes:
        zero: Raw value at joint position 0, where robot.yaml does not say [raw].
        per_radian: Raw units per radian, where robot.yaml does not say [raw/rad].
        lowest: Lowest raw value that there is [raw].
        highest: Highest raw value that there is [raw].
        usual: Range that may be sent, where robot.yaml does not say [raw].
        turn: Raw values in a whole turn, after which readings start again; infinity: never [raw].
    """

    zero: float
    per_radian: float
    lowest: float
    highest: float
    usual: tuple[float, float]
    turn: float = math.inf


def mapping(value: object, key: str) -> Mapping[Any, Any]:
    """Return a value that must have keys of its own.

    Raises:
        DriverSettingsError: It has none.
    """
    if not isinstance(value, Mapping):
        raise DriverSettingsError(f"{key}: expected keys with values, got {value!r}")
    return value


def only_known(entry: Mapping[Any, Any], known: Collection[str], key: str) -> None:
    """Refuse keys that there are not.

    Raises:
        DriverSettingsError: There is one.
    """
    if others := [str(name) for name in entry if name not in known]:
        raise DriverSettingsError(
            f"{key}.{others[0]}: no such key; known are {', '.join(sorted(known))}"
        )


def number(value: object, key: str, low: float = -math.inf, high: float = math.inf) -> float:
    """Return a finite number inside a range.

    Raises:
        DriverSettingsError: It is none.
    """
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or not low <= value <= high:  # type: ignore[arg-type, operator]
        limits = f" from {low:g} to {high:g}" if math.isfinite(low) or math.isfinite(high) else ""
        raise DriverSettingsError(f"{key}: expected a number{limits}, got {value!r}")
    return float(value)  # type: ignore[arg-type]


def whole(value: object, key: str, low: float = -math.inf, high: float = math.inf) -> int:
    """Return a whole number inside a range.

    Raises:
        DriverSettingsError: It is none.
    """
    given = number(value, key, low, high)
    if given != int(given):
        raise DriverSettingsError(f"{key}: expected a whole number, got {value!r}")
    return int(given)


def port_number(text: str) -> int:
    """Return the number of a port that is given as text.

    Raises:
        DriverSettingsError: It is no number.
    """
    if not text.isdecimal():
        raise DriverSettingsError(f"port: expected a number, got {text!r}")
    return int(text)


def option(entry: Mapping[Any, Any], name: str, form: Option, key: str) -> Any:
    """Return the value of an option in its type.

    Raises:
        DriverSettingsError: It has another type, or is outside its range or choices.
    """
    value = entry.get(name, form.default)
    key = f"{key}.{name}"
    if isinstance(form.default, bool):
        if not isinstance(value, bool):
            raise DriverSettingsError(f"{key}: expected true or false, got {value!r}")
        return value
    if isinstance(form.default, int):
        return whole(value, key, form.low, form.high)
    if isinstance(form.default, float):
        return number(value, key, form.low, form.high)
    # YAML makes booleans of on and off.
    if not isinstance(value, str) or (form.choices and value not in form.choices):
        wanted = f"one of {', '.join(form.choices)}" if form.choices else "text"
        raise DriverSettingsError(f"{key}: expected {wanted}, got {value!r}")
    return value
