# SPDX-License-Identifier: Apache-2.0
"""Forms of what the driver section of a robot.yaml may say, and the reading of it."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from x2c_core.system.fields import FieldError, filled, specs
from x2c_core.words import did_you_mean
from x2c_motors.errors import DriverSettingsError

T = TypeVar("T")


@dataclass(frozen=True)
class AddressForm:
    """Form of a motor's address in robot.yaml.

    Attributes:
        key: Key of the address, such as "id" or "channel".
        lowest: Lowest address.
        highest: Highest address.
        unit: Name of the raw unit.
        names: Names of the addresses if robot.yaml names and does not number them.
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

    def to_position(self, value: float) -> float:
        """Return the position [rad] of a motor at a raw value."""
        return (value - self.zero) / self.per_radian

    def to_raw(self, position: float) -> float:
        """Return the raw value of a motor at a position [rad]."""
        return self.zero + self.per_radian * position


def joint_keys(form: AddressForm) -> set[str]:
    """Return the keys that every driver has for each joint."""
    return {form.key, "zero", "scale", "direction", "raw"}


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
            f"{did_you_mean(others[0], sorted(known))}"
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


def read_options(cls: type[T], entry: Mapping[Any, Any], key: str) -> T:
    """Return those values of a section that are options of a class.

    Args:
        cls: Frozen dataclass of described fields.
        entry: Content of the section; keys of others are left out.
        key: Key of the section.

    Raises:
        DriverSettingsError: A value has another type, or is outside its range or choices.
    """
    try:
        return filled(cls, {name: entry[name] for name in specs(cls) if name in entry})
    except FieldError as error:
        raise DriverSettingsError(f"{key}.{error}") from error
