# SPDX-License-Identifier: Apache-2.0
"""Show and change the limits of a robot's joints."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from x2c_core.robot.robot import Robot
from x2c_core.terminal.tables import folded
from x2c_motors.bring_up.editor import RobotEditor
from x2c_motors.configuration.boards import make_boards
from x2c_motors.drivers import has_motors
from x2c_motors.errors import MotorCalibrationError


def show_limits(robot: Robot, only: str | None, console: Console) -> None:
    """Show the limits of a robot's joints, or of one."""
    table = Table("joint", "type", "lowest", "highest", "home", "velocity", "accel.", "jerk")
    for joint in robot.joints:
        if only in (None, joint.name):
            numbers = (joint.lower, joint.upper, joint.home)
            rates = (joint.velocity, joint.acceleration, joint.jerk)
            table.add_row(
                joint.name, joint.type, *(f"{one + 0.0:.4g}" for one in (*numbers, *rates))
            )
    console.print(folded(table))
    console.print("revolute: rad, rad/s, rad/s², rad/s³; prismatic: m; ratio: shares", style="dim")


def change_limits(folder: Path, joint: str, changes: Mapping[str, Any], console: Console) -> None:
    """Change limits of a joint in robot.yaml.

    Raises:
        MotorCalibrationError: There is no such joint.
        RobotError: The limits cannot be; the file is as it was.
        OutputError: The file cannot be written.
    """
    editor = RobotEditor(folder)
    joints = editor.content.get("joints") or {}
    if joint not in joints:
        raise MotorCalibrationError(f"there is no joint {joint!r}; joints: {', '.join(joints)}")
    editor.change(("joints", joint), changes)
    robot = editor.save()
    kept = f"; as it was: {editor.backup}" if editor.backup else ""
    console.print(f"Saved {editor.path}{kept}", markup=False, highlight=False, soft_wrap=True)
    _note_reach(robot, joint, console)


def _note_reach(robot: Robot, name: str, console: Console) -> None:
    """Say where a joint's raw range ends before its limits."""
    if not has_motors(robot):
        return
    place = robot.joint_names.index(name)
    board = next(board for board in make_boards(robot) if place in board.joint_indices)
    driver = board.driver
    joint, calibration = (
        robot.joints[place],
        driver.settings.calibrations[board.joint_indices.index(place)],
    )
    step = driver.calibration.resolution / calibration.scale
    low, high = calibration.reach
    if joint.lower < low - step or joint.upper > high + step:
        console.print(
            f"{driver.settings.key}.joints.{name}.raw ends at {low:.4g} and {high:.4g}: "
            "the motor goes no further. To let it, calibrate the joint again: "
            f"./x2c motors calibrate --robot {robot.folder} --joint {name}",
            style="yellow",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
