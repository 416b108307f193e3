# SPDX-License-Identifier: Apache-2.0
"""Lets an owner move one motor to a pose and mark it."""

from __future__ import annotations

import math

from x2c_actuation.drivers.options import RawScale
from x2c_bringup.errors import CalibrationError
from x2c_bringup.motors.dialogue import Dialogue
from x2c_bringup.motors.measured_joint import MeasuredJoint, Pose
from x2c_bringup.motors.mover import Mover
from x2c_face import controls
from x2c_face.controls import Group, Unit
from x2c_virtual_face.captions import CAPTIONS

HELP = (
    "  arrow keys, or +5, -5   move the motor by so many degrees (up, down: 5; right, left: 1)\n"
    "  =1500                   move it to this raw value\n"
    "  Enter                   mark the pose that it has now\n"
    "  at 20, at 0.7           what is shown is not all of it, but this angle [°] or ratio\n"
    "  back                    go to neutral\n"
    "  free, grip              let it go limp, to move it by hand; hold again\n"
    "  q                       end; what is marked is kept, the same command goes on there"
)
_BLOCKED = math.radians(3.0)
_WIGGLE = math.radians(4.0)


class Marking:
    """The marks of one motor.

    Args:
        mover: Of the motor, its joint 0.
        raw: Its raw values.
        measured: Gets the marks.
        dialogue: With the owner.
    """

    def __init__(
        self, mover: Mover, raw: RawScale, measured: MeasuredJoint, dialogue: Dialogue
    ) -> None:
        self._mover, self._raw = mover, raw
        self._measured, self._dialogue = measured, dialogue
        self._where = math.nan
        self._limp = True

    def begin(self) -> bool:
        """Show which motor it is; returns whether the owner wants to go on with it.

        Raises:
            DriverError: It cannot be reached.
            Quit: The owner wants to stop.
        """
        if math.isnan(self._mover.position(0)):
            self._dialogue.say(
                "It cannot tell where it is: it will go to its middle at once, by itself."
            )
        answer = self._dialogue.ask("Enter: move it a little, to see which one it is; s: skip it.")
        if answer in ("s", "skip"):
            return False
        self._grip()
        start = self._where
        while True:
            for target in (start + _WIGGLE, start - _WIGGLE, start):
                self._where = self._mover.go(0, target)
            if self._dialogue.ask("Seen? Enter: yes; r: once more.") != "r":
                return True

    def mark(self, pose: Pose) -> None:
        """Let the owner move the motor until the face shows a pose, and mark it.

        Raises:
            DriverError: It cannot be reached.
            Quit: The owner wants to stop.
        """
        measured, say = self._measured, self._dialogue.say
        say(f"\nShow [bold]{_described(measured.control, pose)}[/bold] (?: what you can do)")
        while True:
            here = to_raw(self._raw, self._where)
            text = self._dialogue.command(f"{measured.name}, {pose.name}, at {here:.0f} >")
            if text == "":
                if self._limp:
                    self._grip()
                    here = to_raw(self._raw, self._where)
                step = self._mover.driver.wires.quantum
                measured.marks[pose.name] = round(round(here / step) * step, 3)
                say(f"{pose.name}: {measured.marks[pose.name]:g}")
                return
            try:
                self._obey(text, pose)
            except CalibrationError as error:
                say(str(error))

    def rest(self) -> None:
        """Go to the neutral pose.

        Raises:
            DriverError: It cannot be reached.
        """
        self._where = self._mover.go(0, to_position(self._raw, self._measured.marks["neutral"]))

    def _obey(self, text: str, pose: Pose) -> None:
        if text.startswith("at "):
            self._show(text.removeprefix("at "), pose)
        elif text == "free":
            if not self._mover.driver.measures:
                raise CalibrationError("this motor could not tell where it is moved by hand")
            self._mover.relax(0)
            self._limp = True
            self._dialogue.say("limp: move it by hand, then Enter or grip")
        elif text == "grip":
            self._grip()
        else:
            target = self._target(text)
            if self._limp:
                self._grip()
                target = self._target(text)
            self._where = self._mover.go(0, target)
            self._notice_obstacle()

    def _show(self, text: str, pose: Pose) -> None:
        try:
            value = float(text)
        except ValueError as error:
            raise CalibrationError(f"expected a number, got {text!r}") from error
        if _is_angle(self._measured.control):
            value = math.copysign(math.radians(value), pose.value)
        self._measured.show(pose.name, value)

    def _grip(self) -> None:
        self._where = self._mover.hold(0)
        self._limp = False

    def _notice_obstacle(self) -> None:
        if not self._mover.driver.measures:
            return
        if abs(self._mover.position(0) - self._where) > _BLOCKED:
            self._dialogue.say(
                "[yellow]The motor has not got there: something is in its way. "
                "Go back a little.[/yellow]"
            )

    def _target(self, text: str) -> float:
        """Return where a command sends the motor [rad].

        Raises:
            CalibrationError: It is no command.
        """
        try:
            if text == "back":
                neutral = self._measured.marks.get("neutral", self._raw.zero)
                return to_position(self._raw, neutral)
            if text.startswith("="):
                return to_position(self._raw, float(text[1:]))
            if text[0] in "+-" and math.isfinite(float(text)):
                return self._where + math.radians(float(text))
        except ValueError:
            pass
        raise CalibrationError(HELP if text == "?" else f"{text!r} is no command:\n{HELP}")


def to_position(raw: RawScale, value: float) -> float:
    """Return the position [rad] of a motor at a raw value."""
    return (value - raw.zero) / raw.per_radian


def to_raw(raw: RawScale, position: float) -> float:
    """Return the raw value of a motor at a position [rad]."""
    return raw.zero + raw.per_radian * position


def _described(control: str, pose: Pose) -> str:
    if pose.name == "neutral":
        return "the neutral, relaxed face"
    if not control:
        return "one end of its way" if pose.name == "low" else "the other end of its way"
    caption = CAPTIONS[control]
    end = caption.low if pose.name == "low" else caption.high
    if not _is_angle(control):
        return f"{caption.moves}: {end}"
    if controls.CONTROLS[controls.index(control)].group is Group.GAZE:
        return f"{caption.moves}: {end}, as far as they go"
    return f"{caption.moves}: {end}, by {abs(math.degrees(pose.value)):.0f}°"


def _is_angle(control: str) -> bool:
    return bool(control) and controls.CONTROLS[controls.index(control)].unit is Unit.RADIAN
