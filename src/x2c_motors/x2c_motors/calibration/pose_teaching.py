# SPDX-License-Identifier: Apache-2.0
"""Let an owner move one motor to a pose and mark it."""

from __future__ import annotations

import math
import time

from x2c_core.terminal.dialogue import Dialogue
from x2c_motors.bring_up.joint_mover import JointMover
from x2c_motors.bring_up.numbers import DEGREES, SHARES, parse_command, parse_number
from x2c_motors.calibration.course import Course
from x2c_motors.calibration.measured_joint import MeasuredJoint, Pose
from x2c_motors.calibration.poses import described, is_angle
from x2c_motors.description.options import RawScale
from x2c_motors.description.settings import WRAP_REMEDY
from x2c_motors.errors import BlockedError, DriverError, Fault, MotorCalibrationError, WrapError

HELP = (
    "  arrow keys, or +5, -5   move the motor by so many degrees (up, down: 5; right, left: 1)\n"
    "  =1500                   move it to this raw value\n"
    "  Enter                   mark the pose that it has now\n"
    "  at 20, at 0.7           the pose shown is only this angle [°] or ratio\n"
    "  back                    go to neutral\n"
    "  free, grip              disable its torque, to move it by hand; enable it again\n"
    "  q                       end; marks are kept; to resume, give the same command again"
)
_BLOCKED = math.radians(3.0)
_WIGGLE = math.radians(4.0)

FAR = math.radians(45.0)
"""A motor is sent so far beyond where it has been only after a question [rad]."""

_TOO_FAST = (
    "[yellow]It was turned faster than its readings come: it is not known which way it went. Turn "
    "it back, slowly, to where it was marked.[/yellow]"
)
_GO = {"": True, "s": False, "skip": False}
_SEEN = {"": True, "y": True, "yes": True, "r": False, "n": False, "no": False}


class PoseTeaching:
    """The marks of one motor.

    Args:
        mover: Mover of the motor, its joint 0.
        raw: Its raw values.
        measured: Gets the marks.
        dialogue: Dialogue with the owner.
    """

    def __init__(
        self, mover: JointMover, raw: RawScale, measured: MeasuredJoint, dialogue: Dialogue
    ) -> None:
        self._mover, self._raw = mover, raw
        self._measured, self._dialogue = measured, dialogue
        self._torque_disabled = True
        self._read_at = 0.0

    def begin(self) -> bool:
        """Show which motor it is; returns whether the owner wants to go on with it.

        Raises:
            DriverError: It cannot be reached.
            Quit: The owner wants to stop.
        """
        if math.isnan(self._mover.position(0)):
            self._dialogue.say(
                "It cannot measure its position: it will jump to its middle at once."
            )
        question = "Enter: move it by 4° either way, to see which one it is; s: skip it."
        if not self._dialogue.choose(question, _GO):
            return False
        start = self._raw.to_raw(self._mover.hold(0))
        self._torque_disabled = False
        self._course = Course(self._raw, self._measured.stretch, start)
        while True:
            try:
                for way in (_WIGGLE, -_WIGGLE, 0.0):
                    place = start + way * self._raw.per_radian
                    self._go(min(max(place, self._raw.lowest), self._raw.highest))
            except BlockedError as error:
                self._dialogue.report(error)
                if not error.holds:
                    break
            if self._dialogue.choose("Seen? Enter: yes; r: once more.", _SEEN):
                break
        if not self._course.joined:
            self._dialogue.say(f"[yellow]{self._elsewhere()}[/yellow]")
        return True

    def mark(self, pose: Pose) -> None:
        """Let the owner move the motor until the face shows a pose, and mark it.

        Raises:
            DriverError: It cannot be reached.
            WrapError: The pose is where the motor cannot be sent.
            Quit: The owner wants to stop.
        """
        measured, dialogue = self._measured, self._dialogue
        dialogue.say(
            f"\nShow [bold]{described(measured.control, pose)}[/bold] (?: what you can do)"
        )
        while pose.name not in measured.marks:
            text = dialogue.command(
                f"{measured.name}, {pose.name}, at {self._course.here:.0f} >",
                self._follow if self._torque_disabled else None,
            )
            try:
                self._obey(text, pose)
            except WrapError:
                if text == "":
                    raise
                dialogue.say(
                    "[yellow]It stands past the place where its readings start again, and would "
                    "go the long way round: turn it back by hand. Enter: the pose is here, this "
                    "motor cannot be calibrated as it is.[/yellow]"
                )
            except MotorCalibrationError as error:
                dialogue.report(error)

    def rest(self) -> None:
        """Go to the neutral pose, if it is known that the joint can go there.

        Raises:
            DriverError: It cannot be reached.
        """
        if not self._course.joined:
            return
        try:
            self._travel(self._measured.marks["neutral"])
        except MotorCalibrationError as error:
            self._dialogue.report(error)

    def _obey(self, text: str, pose: Pose) -> None:
        """Do as the owner says.

        Raises:
            MotorCalibrationError: It is no command, or cannot be done.
            WrapError: The motor stands past the end of its turn.
        """
        if self._torque_disabled:
            self._follow()
        if text == "":
            self._mark(pose)
        elif text == "?":
            self._dialogue.say(HELP)
        elif text.startswith("at "):
            self._show(text.removeprefix("at "), pose)
        elif text == "free":
            self._free()
        elif text == "grip":
            self._grip()
        else:
            self._send(text)

    def _mark(self, pose: Pose) -> None:
        self._grip()
        if not self._course.joined:
            raise MotorCalibrationError(self._elsewhere())
        step = self._mover.driver.calibration.resolution
        here = round(round(self._course.here / step) * step, 3)
        self._measured.seen = list(self._course.mark())
        self._measured.seen[0] = min(self._measured.seen[0], here)
        self._measured.seen[1] = max(self._measured.seen[1], here)
        self._measured.marks[pose.name] = here
        self._dialogue.say(f"{pose.name}: {here:g}")

    def _elsewhere(self) -> str:
        marks = ", ".join(f"{name} {mark:g}" for name, mark in self._measured.marks.items())
        return (
            f"It stands at {self._course.here:.0f}, and was not seen to go there from the marks "
            f"({marks}): bring it to one of them first, by hand (free) or by arrow keys. Where "
            "they are no more, delete the robot's calibration_progress*.json"
        )

    def _show(self, text: str, pose: Pose) -> None:
        if is_angle(self._measured.control):
            value = math.copysign(parse_number(text, DEGREES), pose.value)
        else:
            value = parse_number(text, SHARES)
        self._measured.show(pose.name, value)

    def _free(self) -> None:
        if not self._mover.driver.measures:
            raise MotorCalibrationError("this motor cannot measure where it is moved by hand")
        self._relax()
        self._dialogue.say("torque disabled: move it by hand, not too fast, then Enter or grip")

    def _relax(self) -> None:
        self._mover.relax(0)
        self._torque_disabled, self._read_at = True, time.monotonic()

    def _follow(self) -> None:
        """Follow the shaft while the owner turns it.

        Raises:
            DriverError: The port has gone.
        """
        try:
            position = float(self._mover.driver.read([0])[0])
        except DriverError as error:
            if error.fault is Fault.LOST:
                raise
            return
        if math.isnan(position):
            return
        now, was_wrapped = time.monotonic(), self._course.wrapped
        if not self._course.turned(self._raw.to_raw(position), now - self._read_at):
            self._dialogue.say(_TOO_FAST)
        elif self._course.wrapped and not was_wrapped:
            self._dialogue.say(
                f"\n[yellow]Its readings have started again, {self._raw.highest:g} to "
                f"{self._raw.lowest:g}: the motor cannot be sent over that place.[/yellow]"
            )
        self._read_at = now

    def _grip(self) -> None:
        """Hold the motor where it is.

        Raises:
            WrapError: It is past the end of its turn.
        """
        if self._torque_disabled and not self._course.wrapped:
            self._course.turned(self._raw.to_raw(self._mover.hold(0)), 0.0)
            self._torque_disabled = False
        if self._course.wrapped:
            if not self._torque_disabled:
                self._relax()
            raise WrapError(
                f"its way leads over the place where its readings start again "
                f"({self._raw.highest:g} to {self._raw.lowest:g}); the motor would go the long "
                f"way round. Nothing was moved. To do: {WRAP_REMEDY}"
            )

    def _send(self, text: str) -> None:
        """Send the motor where a command says.

        Raises:
            MotorCalibrationError: It is no command, or the place cannot be.
            WrapError: The motor stands past the end of its turn.
        """
        self._grip()
        here, raw = self._course.here, self._raw
        if text == "back":
            if "neutral" not in self._measured.marks:
                raise MotorCalibrationError("neutral is not marked yet")
            place = self._measured.marks["neutral"]
        elif text.startswith("="):
            unit = self._mover.driver.address_form.unit
            place = parse_command(text, text[1:], {"": 1.0, unit: 1.0, f"{unit}s": 1.0})
        elif text[0] in "+-":
            place = here + parse_command(text, text, DEGREES) * raw.per_radian
        else:
            raise MotorCalibrationError(f"{text!r} is no command:\n{HELP}")
        if not raw.lowest <= place <= raw.highest:
            raise MotorCalibrationError(
                f"{place:.0f} is outside the motor's raw values, {raw.lowest:g} to "
                f"{raw.highest:g}: it was not moved"
            )
        self._travel(place)

    def _travel(self, place: float) -> None:
        """Go to a place, after a question where that is far from where the motor has been.

        Raises:
            BlockedError: Something is in its way.
            MotorCalibrationError: The owner does not want it.
        """
        degrees = math.degrees((place - self._course.here) / self._raw.per_radian)
        if self._course.beyond(place) / self._raw.per_radian > FAR:
            question = (
                f"This turns it by {degrees:+.0f}°, from {self._course.here:.0f} to {place:.0f}, "
                "far from where it has been. Is the whole way free?"
            )
            if not self._dialogue.confirm(question):
                raise MotorCalibrationError("it was not moved")
        elif abs(degrees) >= 0.1:
            self._dialogue.say(f"moves by {degrees:+.1f}°, to {place:.0f}")
        self._go(place)

    def _go(self, place: float) -> None:
        """Go to a place, or as far as the motor can go.

        Raises:
            BlockedError: It does not follow. It holds where it is, or its torque is disabled.
        """
        position = self._raw.to_position(place)
        try:
            self._mover.go(0, position)
        except BlockedError as error:
            self._course.driven(self._raw.to_raw(error.position))
            self._torque_disabled, self._read_at = not error.holds, time.monotonic()
            raise
        self._course.driven(place)
        if self._mover.driver.measures and abs(self._mover.away(0, position)) > _BLOCKED:
            self._dialogue.say(
                "[yellow]The motor has not got there: something is in its way. "
                "Go back a little.[/yellow]"
            )
