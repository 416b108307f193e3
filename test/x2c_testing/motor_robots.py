# SPDX-License-Identifier: Apache-2.0
"""Robots with motors on an emulated bus."""

from __future__ import annotations

import yaml

from x2c_core.robot.robot_file import load_robot

NAMES = ("jaw", "brow", "lid")
SCALE = 4096 / (2 * 3.141592653589793)
REPLY_TIME = 0.4
"""Long enough for an emulator on a busy machine, shorter than the slow replies of tests [s]."""


def write_motor_robot(folder, driver, names=NAMES, velocity=4.0):
    """Write the folder of a robot whose joints turn by 0.5 rad either way."""
    joint = {
        "type": "revolute",
        "position": [-0.5, 0.5],
        "velocity": velocity,
        "acceleration": 60.0,
        "jerk": 2000.0,
    }
    content = {
        "name": "motors",
        "units": {"angle": "rad", "length": "m"},
        "joints": {name: dict(joint) for name in names},
        "mixing": {names[0]: {"Jaw Pitch": -0.5}},
        "driver": driver,
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "robot.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    return folder


def motor_robot(folder, driver, names=NAMES, **options):
    """Return such a robot."""
    return load_robot(write_motor_robot(folder, driver, names, **options))


def servo_section(kind, port, ids=(1, 2, 3), names=NAMES, **options):
    """Return the driver section of a robot with one servo for each joint."""
    joints = {name: {"id": one} for name, one in zip(names, ids, strict=True)}
    options = {"reply_time": REPLY_TIME, **options}
    return {"type": kind, "port": str(port), **options, "joints": joints}


def channel_section(kind, channels=(0, 1, 5), names=NAMES, **options):
    """Return the driver section of a robot with one channel for each joint."""
    joints = {name: {"channel": one} for name, one in zip(names, channels, strict=True)}
    if kind == "maestro":
        options = {"reply_time": REPLY_TIME, **options}
    return {"type": kind, **options, "joints": joints}
