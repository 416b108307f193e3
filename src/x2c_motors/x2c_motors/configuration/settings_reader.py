# SPDX-License-Identifier: Apache-2.0
"""The driver section of a robot.yaml, read and checked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from x2c_core.robot.robot import Joint
from x2c_motors.description.joint_calibration import JointCalibration
from x2c_motors.description.options import (
    AddressForm,
    RawScale,
    mapping,
    number,
    only_known,
    option,
    whole,
)
from x2c_motors.description.settings import COMMON, WRAP_REMEDY, DriverSettings, StopAction
from x2c_motors.drivers.driver import MotorDriver
from x2c_motors.errors import DriverSettingsError


def read_settings(
    section: Mapping[str, Any],
    joints: Sequence[Joint],
    driver: type[MotorDriver],
    overrides: Mapping[str, Any] | None = None,
    key: str = "driver",
) -> DriverSettings:
    """Return the settings in a driver section.

    Args:
        section: Content of the section in robot.yaml.
        joints: Joints of the board, each of which needs a wire.
        driver: The driver that the section's type names.
        overrides: Take the place of the section's options.
        key: Key of the section in robot.yaml.

    Raises:
        DriverSettingsError: Something cannot be; the text names key, value and what was expected.
    """
    entry = {**section, **(overrides or {})}
    only_known(entry, {"type", "joints", *COMMON, *driver.options}, key)
    common = {name: option(entry, name, form, key) for name, form in COMMON.items()}
    options = {name: option(entry, name, form, key) for name, form in driver.options.items()}
    common["rate"] = common["rate"] or driver.default_rate
    common["estop"], common["at_end"] = StopAction(common["estop"]), StopAction(common["at_end"])
    if not driver.measures and "torque_off_after" not in entry:
        # Limp, they sink; with the next command they would jump back.
        common["torque_off_after"] = 0.0
    if not driver.can_relax:
        for name in ("estop", "at_end"):
            if common[name] is StopAction.TORQUE_OFF and name in entry:
                raise DriverSettingsError(
                    f"{key}.{name}: these motors cannot go limp from here; expected hold"
                )
            common[name] = StopAction.HOLD
    return DriverSettings(
        type=driver.name,
        options=options,
        calibrations=_calibrations(entry.get("joints"), joints, driver, options, f"{key}.joints"),
        key=key,
        **common,
    )


def _calibrations(
    content: object,
    joints: Sequence[Joint],
    driver: type[MotorDriver],
    options: Mapping[str, Any],
    key: str,
) -> tuple[JointCalibration, ...]:
    entries = mapping(content, key)
    only_known(entries, {joint.name for joint in joints}, key)
    if missing := [joint.name for joint in joints if joint.name not in entries]:
        raise DriverSettingsError(
            f"{key}: says nothing of {', '.join(missing)}; every joint needs its motor"
        )
    calibrations = [
        _calibration(entries[joint.name], joint, driver, options, f"{key}.{joint.name}")
        for joint in joints
    ]
    taken: dict[int, str] = {}
    for calibration in calibrations:
        other = taken.setdefault(calibration.address, calibration.joint)
        if other != calibration.joint:
            form = driver.address_form
            raise DriverSettingsError(
                f"{key}.{calibration.joint}.{form.key}: "
                f"{_address_name(form, calibration.address)} is that of {other} already"
            )
    return tuple(calibrations)


def _calibration(
    content: object,
    joint: Joint,
    driver: type[MotorDriver],
    options: Mapping[str, Any],
    key: str,
) -> JointCalibration:
    form = driver.address_form
    entry = mapping(content, key)
    only_known(entry, {form.key, "zero", "scale", "direction", "raw"}, key)
    address = _address(entry.get(form.key), form, f"{key}.{form.key}")
    raw = driver.raw_scale(address, options)
    # Ameca's controls have scales of their own.
    if joint.type != "revolute" and not form.names and "scale" not in entry:
        raise DriverSettingsError(
            f"{key}.scale: a joint that does not turn needs one [{form.unit} per m or ratio]"
        )
    direction = whole(entry.get("direction", 1), f"{key}.direction", -1, 1)
    if direction == 0:
        raise DriverSettingsError(f"{key}.direction: expected 1 or -1, got 0")
    lowest, highest = _range(entry.get("raw", list(raw.usual)), raw, f"{key}.raw")
    zero = number(entry.get("zero", raw.zero), f"{key}.zero")
    scale = number(entry.get("scale", raw.per_radian), f"{key}.scale", 1e-6, 1e9)
    ends = sorted(zero + direction * scale * end for end in (joint.lower, joint.upper))
    calibration = JointCalibration(
        joint=joint.name,
        address=address,
        zero=zero,
        scale=scale,
        direction=direction,
        lowest=lowest,
        highest=highest,
        turn=raw.turn,
        readings=(raw.lowest, raw.highest),
        way=(ends[0], ends[-1]),
    )
    _refuse_wrap(calibration, key)
    return calibration


def _refuse_wrap(calibration: JointCalibration, key: str) -> None:
    """Refuse a joint that can stand past the end of its motor's turn, inside its raw range."""
    (first, last), (lowest, highest) = calibration.readings, calibration.way
    below = lowest < first - 1.0 and lowest + calibration.turn <= calibration.highest
    above = highest > last + 1.0 and highest - calibration.turn >= calibration.lowest
    if below or above:
        raise DriverSettingsError(
            f"{key}.zero: the joint's limits are raw {lowest:.0f} to {highest:.0f}, past "
            f"{first:g} to {last:g}, where readings start again: the motor would go the long way "
            f"round; narrow joints.{calibration.joint}.position, or {WRAP_REMEDY}, and calibrate "
            "the joint again"
        )


def _address(value: object, form: AddressForm, key: str) -> int:
    if not form.names:
        return whole(value, key, form.lowest, form.highest)
    if value not in form.names:
        raise DriverSettingsError(f"{key}: expected one of {', '.join(form.names)}, got {value!r}")
    return form.names.index(value)


def _address_name(form: AddressForm, address: int) -> str:
    return form.names[address] if form.names else str(address)


def _range(value: object, raw: RawScale, key: str) -> tuple[float, float]:
    if not isinstance(value, list) or len(value) != 2:
        raise DriverSettingsError(f"{key}: expected [lowest, highest], got {value!r}")
    wraps = ""
    if math.isfinite(raw.turn):
        wraps = (
            f"; a way over {raw.highest:g} to {raw.lowest:g}, where readings start again, cannot "
            f"be: {WRAP_REMEDY}"
        )
    try:
        lowest, highest = (number(end, key, raw.lowest, raw.highest) for end in value)
    except DriverSettingsError as error:
        raise DriverSettingsError(f"{error}{wraps}") from error
    if not lowest < highest:
        raise DriverSettingsError(
            f"{key}: the lowest must be below the highest, got {value}{wraps}"
        )
    return lowest, highest
