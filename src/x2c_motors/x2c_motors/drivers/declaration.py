# SPDX-License-Identifier: Apache-2.0
"""Check of what the class of a motor driver declares."""

from __future__ import annotations

import math
from typing import Any

from x2c_core.system.fields import options_fault, specs
from x2c_motors.description.options import AddressForm, joint_keys
from x2c_motors.description.settings import SECTION_KEYS

_SWITCHES = ("serial", "measures", "can_disable_torque", "detects_motors", "calibrated")
_POSITIVE = ("default_rate", "longest_retry")


def driver_fault(driver: Any) -> str:
    """Return what the class of a driver declares that is impossible, as one clause.

    Args:
        driver: Class of a driver.

    Returns:
        Clause without a subject; empty if there is no fault.
    """
    form = getattr(driver, "address_form", None)
    if not isinstance(form, AddressForm):
        return f"declares the address_form {form!r}: expected an AddressForm"
    for options, taken in (
        (driver.Options, SECTION_KEYS),
        (driver.JointOptions, joint_keys(form)),
    ):
        if fault := options_fault(options):
            return fault
        if clash := sorted(taken & set(specs(options))):
            return f"has an option {clash[0]!r}, which every driver has: expected another name"
    return _value_fault(driver) or _option_fault(driver)


def _value_fault(driver: Any) -> str:
    for name in _SWITCHES:
        value = getattr(driver, name)
        if not isinstance(value, bool):
            return f"declares {name} = {value!r}: expected True or False"
    for name in _POSITIVE:
        value = getattr(driver, name)
        if not isinstance(value, int | float) or not 0.0 < value < math.inf:
            return f"declares {name} = {value!r}: expected a number above 0"
    rates = driver.usual_baudrates
    if not isinstance(rates, tuple) or not all(isinstance(rate, int) for rate in rates):
        return f"declares usual_baudrates = {rates!r}: expected a tuple of whole numbers"
    return ""


def _option_fault(driver: Any) -> str:
    """Return which option is declared to be there, and is not or has another type."""
    known = specs(driver.Options)
    named = {
        "port_option": (driver.port_option, (str, int)),
        "watchdog_option": (driver.watchdog_option, (float,)),
    }
    if driver.usual_baudrates:
        named["usual_baudrates"] = ("baudrate", (int,))
    for attribute, (option, kinds) in named.items():
        if not option:
            continue
        if option not in known:
            return f"lacks the option {option!r} of its {attribute}: expected it among its Options"
        kind = known[option][0]
        if kind not in kinds:
            expected = " or ".join(one.__name__ for one in kinds)
            return f"has the option {option!r} of type {kind.__name__}: expected {expected}"
    return ""
