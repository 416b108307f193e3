# SPDX-License-Identifier: Apache-2.0
"""List the installed robots with their folders, or check one robot.yaml."""

from __future__ import annotations

import argparse

from x2c_core.words import counted


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--check",
        metavar="ROBOT",
        help="check a robot's robot.yaml: name of an installed one, its folder, or the file",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    return _list() if arguments.check is None else _check(arguments.check)


def _check(name: str) -> int:
    from pathlib import Path

    from rich.console import Console

    from x2c_core.face.expression_model import MODEL_ADVICE
    from x2c_core.robot.robot_file import FILE_NAME, check_robot
    from x2c_motors.configuration.boards import make_boards
    from x2c_motors.drivers import has_motors
    from x2c_motors.errors import DriverSettingsError
    from x2c_node.robots import find_robot

    path = Path(name).expanduser()
    folder = path.absolute().parent if path.is_file() else find_robot(name)
    robot, mistakes = check_robot(folder)
    said = [str(mistake) for mistake in mistakes]
    if robot is not None and has_motors(robot):
        try:
            make_boards(robot)
        except DriverSettingsError as error:
            said.append(str(error).removeprefix(f"{folder / FILE_NAME}: "))
    console = Console(soft_wrap=True, markup=False, highlight=False)
    console.print(f"{folder / FILE_NAME}: {_counted(len(said))}")
    for line in said:
        console.print(f"  {line}")
    if robot is not None:
        console.print(
            f"{counted(len(robot.joints), 'joint')}, "
            f"{counted(len(robot.curves), 'curve')} of mixing, "
            f"{counted(len(robot.coupled_limits), 'coupled limit')}, "
            f"commands as {robot.command_interface}"
        )
        if not robot.expression_model.is_file():
            model = robot.expression_model
            console.print(f"note: the solver needs an expression model, and {model} is missing:")
            console.print(f"  {MODEL_ADVICE}")
    return 1 if said else 0


def _counted(mistakes: int) -> str:
    return "1 mistake" if mistakes == 1 else f"{mistakes or 'no'} mistakes"


def _list() -> int:
    from rich.console import Console
    from rich.table import Table

    from x2c_core.errors import RobotError
    from x2c_core.robot.robot_file import load_robot
    from x2c_core.terminal.tables import folded
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
    console.print(folded(table))
    return 0
