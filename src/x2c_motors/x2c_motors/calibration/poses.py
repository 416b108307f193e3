# SPDX-License-Identifier: Apache-2.0
"""Poses of the face in words."""

from __future__ import annotations

import math

from x2c_core.control_space import controls
from x2c_core.control_space.captions import CAPTIONS
from x2c_core.control_space.controls import Group, Unit
from x2c_motors.calibration.measured_joint import Pose


def described(control: str, pose: Pose) -> str:
    """Return what the face shows in a pose.

    Args:
        control: Name of the control that moves the joint; empty for none.
        pose: Pose of that control.
    """
    if pose.name == "neutral":
        return "the neutral, relaxed face"
    if not control:
        return "one end of its way" if pose.name == "low" else "the other end of its way"
    caption = CAPTIONS[control]
    end = caption.low if pose.name == "low" else caption.high
    if not is_angle(control):
        return f"{caption.moves}: {end}"
    if controls.CONTROLS[controls.index(control)].group is Group.GAZE:
        return f"{caption.moves}: {end}, as far as they go"
    return f"{caption.moves}: {end}, by {abs(math.degrees(pose.value)):.0f}°"


def is_angle(control: str) -> bool:
    """Return whether a control's values are angles; false without a control."""
    return bool(control) and controls.CONTROLS[controls.index(control)].unit is Unit.RADIAN
