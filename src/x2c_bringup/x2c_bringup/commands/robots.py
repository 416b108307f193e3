# SPDX-License-Identifier: Apache-2.0
"""List the robots that can be driven, with the folder of each."""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    from rich.console import Console
    from rich.table import Table

    from x2c_face.errors import RobotError
    from x2c_face.robot_file import load_robot
    from x2c_node.robots import robot_folders

    folders = robot_folders()
    table = Table("robot", "joints", "commands", "what it is", "folder")
    for name, folder in folders.items():
        try:
            robot = load_robot(folder)
        except RobotError as error:
            table.add_row(name, "", "", f"[red]cannot be used: {error}[/red]", str(folder))
            continue
        joints = str(len(robot.joints))
        table.add_row(name, joints, robot.command_interface, robot.description, str(folder))
    console = Console()
    if not folders:
        console.print("No robot is installed. Build the project: make build")
        return 1
    console.print(table)
    return 0
