# SPDX-License-Identifier: Apache-2.0
"""Begin a calibration at the owner's step, and end it so that it can be resumed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.markup import escape

from x2c_core.terminal.dialogue import Dialogue, Quit
from x2c_core.words import counted
from x2c_motors.bring_up.editor import RobotEditor
from x2c_motors.bring_up.finding import Search, search
from x2c_motors.calibration.calibration import MotorCalibration, driver_keys, driver_section
from x2c_motors.calibration.pose_teaching import HELP
from x2c_motors.drivers import driver_class
from x2c_motors.drivers.reports import Found
from x2c_motors.errors import MotorCalibrationError


def run_wizard(
    folder: Path,
    options: Mapping[str, Any],
    dialogue: Dialogue,
    *,
    again: str = "",
    channels: Sequence[int] | None = None,
    board: str = "",
    way_time: float,
    speed: float,
) -> int:
    """Calibrate the motors of a robot with its owner, and return the exit status.

    Args:
        folder: Folder of the robot; created if missing.
        options: Type and options of the driver section; they go before those in robot.yaml.
        dialogue: Dialogue with the owner.
        again: Joint to calibrate again; empty: all motors that robot.yaml does not know.
        channels: Channels with a servo, for drivers that cannot detect them.
        board: Name of the board in robot.yaml; empty where the robot has one.
        way_time: Shortest time of a joint's whole range [s].
        speed: At which motors are moved [rad/s].

    Raises:
        MotorCalibrationError: It is not known what motors there are, or where.
        DriverError: A motor cannot be reached any more.
    """
    editor = RobotEditor(folder)
    _check_board(editor, board)
    section = driver_section(editor, driver_keys(board))
    chosen = {key: value for key, value in section.items() if key != "joints"} | dict(options)
    if "type" not in chosen:
        raise MotorCalibrationError(
            f"{editor.path} does not say what kind of motors there are; give --type and --port"
        )
    place, motors = _motors(chosen, channels, dialogue)
    calibration = MotorCalibration(editor, {**chosen, **place}, dialogue, way_time, speed, board)
    known = calibration.known
    dialogue.say(f"{counted(len(motors), 'motor')}, {len(known)} of them calibrated.\n{HELP}")
    try:
        finished = calibration.run(motors, again)
    except (Quit, KeyboardInterrupt):
        dialogue.say("\nStopped; marks are kept. To resume, give the same command again.")
        return 0
    if editor.backup:
        dialogue.say(f"As it was before: {escape(str(editor.backup))}")
    left = len(motors) - len(calibration.known)
    dialogue.say(f"{finished} calibrated now, {max(left, 0)} left.")
    return 0


def _check_board(editor: RobotEditor, board: str) -> None:
    boards = editor.content.get("drivers") or {}
    if boards and not board:
        raise MotorCalibrationError(
            f"{editor.path} has several boards: say which one, --board {' or '.join(boards)}, or "
            "the name of another"
        )
    if board and editor.content.get("driver"):
        raise MotorCalibrationError(
            f"{editor.path} has one driver: move that section to drivers, under a name of its "
            f"own, before board {board} comes beside it"
        )


def _motors(
    options: Mapping[str, Any], channels: Sequence[int] | None, dialogue: Dialogue
) -> tuple[Mapping[str, Any], Sequence[Found]]:
    """Return the options of the place where motors are, and those motors."""
    kind = options["type"]
    driver = driver_class(kind)
    if driver.calibrated:
        raise MotorCalibrationError(
            f"{kind}: its values have their ranges already; './x2c motors jog' moves them"
        )
    if not driver.can_scan():
        found_by_user = _given(channels, "such motors cannot be looked for: say which there are")
        return {}, [Found(one, driver.address_form.key, math.nan) for one in found_by_user]
    rest = {key: value for key, value in options.items() if key != "type"}
    with dialogue.console.status(f"Looking for {kind} motors"):
        looked = list(search(kind, rest))
    found = [one for one in looked if one.found]
    if len(found) > 1:
        places = "; ".join(f"{one.place} ({len(one.found)})" for one in found)
        raise MotorCalibrationError(f"motors in several places: {places}; choose one with --port")
    if not found:
        raise MotorCalibrationError(f"no {kind} motor answers: {_reasons(looked)}")
    motors = found[0].found
    if not driver.detects_motors:
        chosen = _given(channels, "a hobby servo cannot be detected: say which channels have one")
        there = [motor.address for motor in motors]
        if missing := [one for one in (chosen[0], chosen[-1]) if one not in there]:
            raise MotorCalibrationError(
                f"--channels: there is no {driver.address_form.key} {missing[0]} at "
                f"{found[0].place}: expected {there[0]} to {there[-1]}"
            )
        motors = [motor for motor in motors if motor.address in chosen]
    return found[0].options, motors


def _given(channels: Sequence[int] | None, reason: str) -> Sequence[int]:
    """Return the addresses that the user gave.

    Raises:
        MotorCalibrationError: There are none.
    """
    if channels is None:
        raise MotorCalibrationError(f"{reason}, such as --channels 0-11")
    return channels


def _reasons(looked: Sequence[Search]) -> str:
    if not looked:
        return "there is no USB serial port; is the adapter plugged in?"
    return "; ".join(dict.fromkeys(one.error or f"nothing at {one.place}" for one in looked))
