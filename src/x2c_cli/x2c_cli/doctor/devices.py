# SPDX-License-Identifier: Apache-2.0
"""Checks of cameras and robots."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from x2c_cli.doctor.finding import Finding, fail, ok, warn
from x2c_core.errors import X2CError
from x2c_core.face.expression_model import MODEL_ADVICE
from x2c_core.robot.robot_file import load_robot
from x2c_core.words import counted
from x2c_node.robots import robot_folders

_DEVICES = Path("/dev")
_NAMES = Path("/sys/class/video4linux")


def cameras() -> Iterator[Finding]:
    """List the cameras, and those that this user may not open."""
    devices = sorted(_DEVICES.glob("video*"))
    if not devices:
        advice = "plug one in, or use a video: x2c imitate --video FILE"
        yield warn("cameras", "none found at /dev/video*", advice)
    for device in devices:
        name = _camera_name(device)
        if os.access(device, os.R_OK | os.W_OK):
            yield ok("camera", f"{device} {name}")
        else:
            advice = 'sudo usermod -aG video "$USER", then log in again'
            yield fail("camera", f"{device} {name}: no permission to open it", advice)


def robots() -> Iterator[Finding]:
    """Read every installed robot."""
    folders = robot_folders()
    if not folders:
        yield fail("robots", "none installed", "run 'make build', or 'colcon build'")
    for name, folder in folders.items():
        try:
            robot = load_robot(folder)
        except X2CError as error:
            yield fail(
                "robot", f"{name}: {error}", "correct the file, or remove the robot's folder"
            )
            continue
        if robot.expression_model.is_file():
            yield ok("robot", f"{name}: {counted(len(robot.joints), 'joint')}, {folder}")
        else:
            yield warn("robot", f"{name}: there is no {robot.expression_model}", MODEL_ADVICE)


def _camera_name(device: Path) -> str:
    try:
        return f"({(_NAMES / device.name / 'name').read_text().strip()})"
    except OSError:
        return ""
