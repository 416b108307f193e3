# SPDX-License-Identifier: Apache-2.0
"""The driver section of a robot.yaml, read and checked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from x2c_core.robot.robot import Joint
from x2c_core.system.fields import specs
from x2c_motors.description.joint_calibration import JointCalibration
from x2c_motors.description.options import (
    AddressForm,
    RawScale,
    joint_keys,
    mapping,
    number,
    only_known,
    read_options,
    whole,
)
from x2c_motors.description.settings import (
    SECTION_KEYS,
    WRAP_REMEDY,
    CommonOptions,
    DriverSettings,
    StopAction,
)
from x2c_motors.drivers.driver import MotorDriver
from x2c_motors.drivers.failures import settings_failures
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
        joints: Joints of the board, each of which needs a motor.
        driver: The driver that the section's type names.
        overrides: Take the place of the section's options.
        key: Key of the section in robot.yaml.

    Raises:
        DriverSettingsError: Something cannot be; the text names key, value and what was expected.
    """
    entry = {**section, **(overrides or {})}
    only_known(entry, SECTION_KEYS | set(specs(driver.Options)), key)
    common = read_options(CommonOptions, entry, key)
    options = read_options(driver.Options, entry, key)
    off_after = common.torque_off_after
    if not driver.measures and "torque_off_after" not in entry:
        # Without torque they sink; with the next command they would jump back.
        off_after = 0.0
    return DriverSettings(
        type=str(entry.get("type", "")),
        rate=common.rate or driver.default_rate,
        read_rate=common.read_rate,
        approach=common.approach,
        hold_after=common.hold_after,
        torque_off_after=off_after,
        estop=_stop_action("estop", common.estop, entry, driver, key),
        at_end=_stop_action("at_end", common.at_end, entry, driver, key),
        options=options,
        calibrations=_calibrations(entry.get("joints"), joints, driver, options, f"{key}.joints"),
        key=key,
    )


def build_driver(driver: type[MotorDriver], settings: DriverSettings) -> MotorDriver:
    """Return a driver, not yet opened.

    Raises:
        DriverSettingsError: Its code fails.
    """
    with settings_failures(settings.key):
        made = driver(settings)
        # Whatever names a board to users needs it.
        str(made.place)
    return made


def _stop_action(
    name: str, value: str, entry: Mapping[str, Any], driver: type[MotorDriver], key: str
) -> StopAction:
    action = StopAction(value)
    if driver.can_disable_torque or action is StopAction.HOLD:
        return action
    if name in entry:
        raise DriverSettingsError(
            f"{key}.{name}: the torque of these motors cannot be disabled from here; expected hold"
        )
    return StopAction.HOLD


def _calibrations(
    content: object,
    joints: Sequence[Joint],
    driver: type[MotorDriver],
    options: Any,
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
    options: Any,
    key: str,
) -> JointCalibration:
    form = driver.address_form
    entry = mapping(content, key)
    joint_options = driver.JointOptions
    only_known(entry, joint_keys(form) | set(specs(joint_options)), key)
    address = _address(entry.get(form.key), form, f"{key}.{form.key}")
    raw = _raw_scale(driver, address, options, key)
    if joint.type != "revolute" and not driver.calibrated and "scale" not in entry:
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
        options=read_options(joint_options, entry, key),
    )
    _refuse_wrap(calibration, key)
    return calibration


def _raw_scale(driver: type[MotorDriver], address: int, options: Any, key: str) -> RawScale:
    with settings_failures(key):
        scale = driver.raw_scale(address, options)
    if not isinstance(scale, RawScale):
        raise DriverSettingsError(
            f"{key}: raw_scale of the motor driver returned {scale!r}: expected a RawScale"
        )
    return scale


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
