# SPDX-License-Identifier: Apache-2.0
"""Reader of `robot.yaml` that reports every mistake with line, key, value and expectation."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from x2c_core.errors import RobotError
from x2c_core.files.bounded_yaml import YAMLTextError
from x2c_core.files.entries import Entries, Mistake
from x2c_core.files.input_limits import YAML_BYTES, LimitError
from x2c_core.files.located_yaml import read_yaml
from x2c_core.files.regular_files import read_text
from x2c_core.robot.robot import Robot
from x2c_core.robot.robot_reader import read_robot

FILE_NAME = "robot.yaml"


def load_robot(folder: Path) -> Robot:
    """Return the robot described by the `robot.yaml` in a folder.

    Raises:
        RobotError: The folder or file is missing, is no YAML, or says something impossible; the
            message names the file, and line, key, value and what was expected for each mistake.
    """
    robot, mistakes = check_robot(folder)
    if robot is not None:
        return robot
    path = folder / FILE_NAME
    if len(mistakes) == 1:
        raise RobotError(f"{path}: {mistakes[0]}")
    lines = "".join(f"\n  {mistake}" for mistake in mistakes)
    raise RobotError(f"{path}: {len(mistakes)} mistakes:{lines}")


def check_robot(folder: Path) -> tuple[Robot | None, tuple[Mistake, ...]]:
    """Return the robot described by the `robot.yaml` in a folder, and the mistakes in the file.

    Returns:
        No robot where there are mistakes, which come in the order of the file.

    Raises:
        RobotError: The folder or file is missing, or is no YAML.
    """
    path = folder / FILE_NAME
    try:
        located = read_yaml(read_text(path, YAML_BYTES))
    except OSError as error:
        raise RobotError(f"cannot read the robot file {path}: {error.strerror}") from error
    except LimitError as error:
        raise RobotError(f"cannot read the robot file: {error}") from error
    except (UnicodeDecodeError, YAMLTextError) as error:
        raise RobotError(f"{path} is not valid YAML: {error}") from error
    entries = Entries(located)
    robot = read_robot(entries, located.content, folder)
    if robot is not None:
        robot = dataclasses.replace(robot, lines=located.lines)
    return robot, tuple(sorted(entries.mistakes))
