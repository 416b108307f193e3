# SPDX-License-Identifier: Apache-2.0
"""Settings in the driver section of a robot.yaml."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

from x2c_core.system.fields import parameter, specs
from x2c_motors.description.joint_calibration import JointCalibration


class StopAction(enum.StrEnum):
    """Behaviour of motors without commands."""

    HOLD = "hold"
    """They hold where they are."""
    TORQUE_OFF = "torque_off"
    """Torque is disabled."""


WRAP_REMEDY = (
    "switch the power off, take the servo's horn off and put it on turned, so that the middle of "
    "the joint's way is in the middle of the servo's turn"
)
"""Advice for a joint whose way leads over the place where its servo's readings start again."""

_STOP_ACTIONS = tuple(str(action) for action in StopAction)


@dataclass(frozen=True)
class CommonOptions:
    """Options of the driver section that every driver has."""

    rate: float = parameter(
        0.0, "Commands per second; 0: what suits the motors [Hz].", minimum=0.0, maximum=1000.0
    )
    read_rate: float = parameter(
        25.0, "Readings of the positions per second [Hz].", minimum=0.1, maximum=1000.0
    )
    approach: float = parameter(
        0.3,
        "Share of their limits at which joints come back to the commanded pose.",
        minimum=0.01,
        maximum=1.0,
    )
    hold_after: float = parameter(
        0.5,
        "Time without commands after which the pose counts as held [s].",
        minimum=0.05,
        maximum=60.0,
    )
    torque_off_after: float = parameter(
        60.0,
        "Time without commands after which torque is disabled; 0: never, which is the default "
        "for motors that cannot measure where they are [s].",
        minimum=0.0,
        maximum=86400.0,
    )
    estop: str = parameter(
        "torque_off", "Behaviour of the motors at an emergency stop.", choices=_STOP_ACTIONS
    )
    at_end: str = parameter(
        "hold", "Behaviour of the motors at the end of the driver.", choices=_STOP_ACTIONS
    )


SECTION_KEYS = {"type", "joints", *specs(CommonOptions)}
"""Keys of the driver section that every driver has."""


@dataclass(frozen=True)
class DriverSettings:
    """Settings in a driver section.

    Attributes:
        type: Name of the driver.
        rate: Commands per second [Hz].
        read_rate: Readings per second [Hz].
        approach: Share of their limits at which joints come back to the commanded pose.
        hold_after: Time without commands after which the pose counts as held [s].
        torque_off_after: Time without commands after which torque is disabled; 0: never [s].
        estop: Behaviour at an emergency stop.
        at_end: Behaviour at the end of the driver.
        options: Options of this driver, an instance of its `Options`.
        calibrations: Calibration of each joint, in the robot's order.
        key: Key of the section in robot.yaml, for messages to users.
    """

    type: str
    rate: float
    read_rate: float
    approach: float
    hold_after: float
    torque_off_after: float
    estop: StopAction
    at_end: StopAction
    options: Any
    calibrations: tuple[JointCalibration, ...]
    key: str = "driver"
