# SPDX-License-Identifier: Apache-2.0
"""What the driver section of a robot.yaml says."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from x2c_motors.description.joint_calibration import JointCalibration
from x2c_motors.description.options import Option


class StopAction(enum.StrEnum):
    """What motors do that are to do nothing."""

    HOLD = "hold"
    """They hold where they are."""
    TORQUE_OFF = "torque_off"
    """They go limp."""


WRAP_REMEDY = (
    "switch the power off, take the servo's horn off and put it on turned, so that the middle of "
    "the joint's way is in the middle of the servo's turn"
)
"""Advice for a joint whose way leads over the place where its servo's readings start again."""

_STOP_ACTIONS = tuple(str(rest) for rest in StopAction)

COMMON: Mapping[str, Option] = {
    "rate": Option(0.0, "Commands a second; 0: what suits the motors [Hz].", 0.0, 1000.0),
    "read_rate": Option(25.0, "How often positions are read a second [Hz].", 0.1, 1000.0),
    "approach": Option(
        0.3, "Share of their limits at which joints come back to the commanded pose.", 0.01, 1.0
    ),
    "hold_after": Option(
        0.5, "Without commands for so long the pose counts as held [s].", 0.05, 60.0
    ),
    "torque_off_after": Option(
        60.0,
        "Without commands for so long the motors go limp; 0: never, as hobby servos where it is "
        "not said [s].",
        0.0,
        86400.0,
    ),
    "estop": Option("torque_off", "What an emergency stop does.", choices=_STOP_ACTIONS),
    "at_end": Option("hold", "What the motors do when the driver ends.", choices=_STOP_ACTIONS),
}
"""Options that every driver has."""


@dataclass(frozen=True)
class DriverSettings:
    """What the driver section says.

    Attributes:
        type: Name of the driver.
        rate: Commands a second [Hz].
        read_rate: Readings a second [Hz].
        approach: Share of their limits at which joints come back to the commanded pose.
        hold_after: Without commands for so long the pose counts as held [s].
        torque_off_after: Without commands for so long the motors go limp; 0: never [s].
        estop: What an emergency stop does.
        at_end: What the motors do when the driver ends.
        options: Of this kind of driver, by name.
        calibrations: One for each joint, in the robot's order.
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
    options: Mapping[str, Any]
    calibrations: tuple[JointCalibration, ...]
    key: str = "driver"
