# SPDX-License-Identifier: Apache-2.0
"""Messages of the pipeline in Rerun, each by the part that its topic plays."""

from __future__ import annotations

from typing import Any

from x2c_bags.schema.topics import Part
from x2c_core.errors import RobotError
from x2c_datasets.errors import ExportError
from x2c_datasets.viewer import rerun_layout as layout
from x2c_datasets.viewer.rerun_log import RerunLog
from x2c_datasets.viewer.urdf_tree import read_urdf
from x2c_node.robots import find_robot

JOINTS = (Part.JOINT_STATES, Part.COMMANDS)
"""Parts with positions of joints: measured ones, or else those that were sent."""


def log_robot(log: RerunLog, robot: str) -> list[str]:
    """Log the model of a robot.

    Args:
        log: Log.
        robot: Name or folder of the robot.

    Returns:
        What is missing, in plain sentences.
    """
    try:
        folder = find_robot(robot)
        log.robot_model(read_urdf(folder / f"{folder.name}.urdf"))
    except (RobotError, ExportError) as error:
        return [f"the robot is not shown in 3-D: {error}"]
    return [f"mesh {name} is missing" for name in log.missing]


def log_message(log: RerunLog, part: Part, message: Any) -> None:
    """Log a message at the time that is set.

    Args:
        log: Log.
        part: Part that its topic plays.
        message: The message, as rclpy or rosbags reads it.
    """
    if part is Part.CAMERA_IMAGE:
        log.image(layout.CAMERA, message)
    elif part is Part.ROBOT_IMAGE:
        log.image(layout.ROBOT_IMAGE, message)
    elif part is Part.FACE:
        log.face(message)
    elif part in (Part.CONTROLS, Part.MIXED_CONTROLS):
        log.values(message.values)
    elif part is Part.ACTUATION_STATE:
        log.state(message)
    elif part is Part.DIAGNOSTICS:
        log.diagnostics(message)
    else:
        log.joints(message.name, message.position)
