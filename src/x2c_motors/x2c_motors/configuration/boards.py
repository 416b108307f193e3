# SPDX-License-Identifier: Apache-2.0
"""Boards of a robot: each is one driver, with the joints whose motors are connected to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from x2c_core.robot.robot import Robot
from x2c_motors.configuration.settings_reader import build_driver, read_settings
from x2c_motors.drivers import driver_class
from x2c_motors.drivers.driver import MotorDriver
from x2c_motors.errors import DriverSettingsError

Overrides = Mapping[str, Mapping[str, Any]]
"""Options by board, in place of those in robot.yaml."""


@dataclass(frozen=True)
class Board:
    """A bus or a chip with the motors on it.

    Attributes:
        name: Name in robot.yaml; empty where the robot has one board only.
        driver: Driver of its motors, not yet opened.
        joint_indices: Places of its joints among the robot's.
    """

    name: str
    driver: MotorDriver
    joint_indices: tuple[int, ...]


def make_boards(robot: Robot, overrides: Overrides | None = None) -> tuple[Board, ...]:
    """Return the boards of a robot.

    Args:
        robot: Robot with `driver` or `drivers` in its robot.yaml.
        overrides: Options in place of those in that file, by board; "" for the only one.

    Raises:
        DriverSettingsError: The sections are missing or say something that cannot be.
    """
    file = robot.folder / "robot.yaml"
    if not robot.boards:
        raise DriverSettingsError(
            f"{file} has no driver section, which says how its motors are reached; "
            "docs/your_own_face.md describes how to write one"
        )
    try:
        return _checked(robot, overrides or {})
    except DriverSettingsError as error:
        line = _line(str(error).partition(": ")[0], robot.lines)
        raise DriverSettingsError(f"{file}: line {line}: {error}") from error


def board_name(key: str) -> str:
    """Return the name of the board whose section has some key in robot.yaml."""
    return key.partition(".")[2]


def port_overrides(robot: Robot, text: str) -> dict[str, dict[str, Any]]:
    """Return the options with which boards are looked for at other ports.

    Args:
        robot: Robot with driver sections.
        text: A port; where there are several boards, BOARD=PORT, several with commas between.

    Raises:
        DriverSettingsError: It is something else.
    """
    if not text:
        return {}
    sections = {board_name(key): (key, section) for key, section in robot.boards.items()}
    several = "" not in sections
    found: dict[str, dict[str, Any]] = {}
    for part in text.split(",") if several else [text]:
        name, equals, port = part.strip().partition("=") if several else ("", "=", text)
        if not equals or not port or name not in sections:
            example = ",".join(f"{one}=PORT" for one in sections)
            raise DriverSettingsError(
                f"port: the robot has several boards: expected {example} or some of these, "
                f"got {text!r}"
            )
        key, section = sections[name]
        found[name] = driver_class(section.get("type"), key).at_port(port)
    return found


def _checked(robot: Robot, overrides: Overrides) -> tuple[Board, ...]:
    sections = {board_name(key): (key, section) for key, section in robot.boards.items()}
    if unknown := [name for name in overrides if name not in sections]:
        raise DriverSettingsError(
            f"there is no board {unknown[0]!r}; boards: {', '.join(sections) or 'only one'}"
        )
    owners = _owners(robot, sections)
    boards = []
    for name, (key, section) in sections.items():
        found = driver_class(section.get("type"), key)
        # Of one board every joint is expected, and named where it is missing.
        joints = [joint for joint in robot.joints if not name or owners.get(joint.name) == name]
        settings = read_settings(section, joints, found, overrides.get(name), key)
        joint_indices = tuple(robot.joint_names.index(joint.name) for joint in joints)
        boards.append(Board(name, build_driver(found, settings), joint_indices))
    _refuse_shared_places(boards)
    return tuple(boards)


def _owners(robot: Robot, sections: Mapping[str, tuple[str, Mapping[str, Any]]]) -> dict[str, str]:
    """Return the board of each joint, where there are several."""
    owners: dict[str, str] = {}
    for name, (key, section) in sections.items():
        joints = section.get("joints")
        for joint in joints if isinstance(joints, Mapping) and name else ():
            if joint not in robot.joint_names:
                known = ", ".join(sorted(robot.joint_names))
                raise DriverSettingsError(
                    f"{key}.joints.{joint}: no such joint; known are {known}"
                )
            other = owners.setdefault(joint, name)
            if other != name:
                raise DriverSettingsError(f"{key}.joints.{joint}: it is on {other} already")
    missing = [one for one in robot.joint_names if one not in owners]
    if missing and "" not in sections:
        raise DriverSettingsError(
            f"drivers: no board has {', '.join(missing)}; every joint needs its motor"
        )
    return owners


def _refuse_shared_places(boards: Sequence[Board]) -> None:
    taken: dict[str, str] = {}
    for board in boards:
        place = board.driver.place
        other = taken.setdefault(place, board.name)
        if other != board.name:
            raise DriverSettingsError(
                f"drivers.{board.name}: {place} is that of {other} already; put all joints that "
                "are reached there into one of the two"
            )


def _line(key: str, lines: Mapping[str, int]) -> int:
    """Return the line of a key, or of what it would stand in."""
    while key and key not in lines:
        key = key.rpartition(".")[0]
    return lines.get(key, 1)


def make_driver(robot: Robot, overrides: Mapping[str, Any] | None = None) -> MotorDriver:
    """Return the driver of a robot whose motors are all on one board, not yet opened.

    Args:
        robot: Robot with a driver section in its robot.yaml.
        overrides: Options in place of those in that section.

    Raises:
        DriverSettingsError: The section is missing or says something that cannot be, or there
            are several boards.
    """
    boards = make_boards(robot, {"": overrides or {}} if robot.driver else {})
    if len(boards) > 1:
        names = ", ".join(board.name for board in boards)
        raise DriverSettingsError(f"{robot.name} has several boards: {names}; name one of them")
    return boards[0].driver
