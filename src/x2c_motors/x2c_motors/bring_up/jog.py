# SPDX-License-Identifier: Apache-2.0
"""Move single joints of a robot, slowly, inside their limits."""

from __future__ import annotations

import math
from contextlib import ExitStack
from types import TracebackType

from rich.console import Console

from x2c_core.robot.robot import Joint, Robot
from x2c_core.terminal.dialogue import Dialogue, Quit
from x2c_motors.bring_up.joint_mover import JointMover
from x2c_motors.bring_up.numbers import DEGREES, parse_command, parse_number, units_of
from x2c_motors.configuration.boards import Overrides, make_boards
from x2c_motors.errors import DriverError, Fault, MotorCalibrationError

_HELP = (
    "arrow keys, or +5, -5: move by so many degrees, or percent of its range; =0.1: move there; "
    "home; free: disable torque; a joint's name: that one; Enter: where it is; ?: this; q: end"
)


class Jog:
    """The motors of a robot, while it is entered; boards are connected when they are needed.

    Args:
        robot: Robot with driver sections.
        overrides: Options in place of those of the sections, by board.
        share: Share of the joints' limits of velocity, acceleration and jerk.
        console: Shows what is done.

    Raises:
        DriverSettingsError: A driver section cannot be.
    """

    def __init__(self, robot: Robot, overrides: Overrides, share: float, console: Console) -> None:
        # Between two commands of an owner much time passes, in which nothing is sent.
        quiet = {
            board.name: {**overrides.get(board.name, {}), **board.driver.without_watchdog()}
            for board in make_boards(robot, overrides)
        }
        self._robot, self._console = robot, console
        self._motors: dict[int, tuple[JointMover, int]] = {}
        for board in make_boards(robot, {**overrides, **quiet}):
            mover = JointMover(
                board.driver, [robot.joints[place] for place in board.joint_indices], share
            )
            for place, joint in enumerate(board.joint_indices):
                self._motors[joint] = mover, place
        self._connected: set[JointMover] = set()
        self._stack = ExitStack()

    def __enter__(self) -> Jog:
        """Begin; the boards are connected when they are needed."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Disconnect; torque is left as robot.yaml says."""
        self._stack.__exit__(kind, error, trace)

    def find(self, name: str) -> int:
        """Return the place of a joint.

        Raises:
            MotorCalibrationError: There is none of this name.
        """
        names = self._robot.joint_names
        if name not in names:
            raise MotorCalibrationError(f"there is no joint {name!r}; joints: {', '.join(names)}")
        return names.index(name)

    def number(self, joint: int, text: str) -> float:
        """Return a position of a joint, or a way of it, as typed [rad, m or ratio].

        Raises:
            MotorCalibrationError: It is none.
        """
        return parse_number(text, units_of(self._robot.joints[joint].type))

    def to(self, joint: int, target: float) -> None:
        """Move a joint to a position [rad, m or ratio], and say where it is then.

        Raises:
            MotorCalibrationError: The position is outside its limits, so that nothing moves.
            BlockedError: Something is in its way.
            DriverError: Its motor cannot be reached.
        """
        one = self._robot.joints[joint]
        if not one.lower <= target <= one.upper:
            raise MotorCalibrationError(
                f"{_shown(one, target)} is outside the limits of {one.name}, {one.lower:g} to "
                f"{one.upper:g}: nothing was moved"
            )
        low, high = self._reach(joint)
        if not low <= target <= high:
            raise MotorCalibrationError(
                f"{_shown(one, target)} is outside {self._key(joint)}, which ends at {low:.4g} "
                f"and {high:.4g}: nothing was moved"
            )
        mover, place = self._motor(joint)
        start = mover.position(place)
        way = (
            f"to {_shown(one, target)}, by its home: it cannot measure its position"
            if math.isnan(start)
            else f"by {_shown(one, target - start)}, to {_shown(one, target)}"
        )
        self._say(f"{one.name} moves {way}")
        mover.go(place, target)
        self.tell(joint)

    def by(self, joint: int, way: float) -> None:
        """Move a joint so far from where it is [rad, m or ratio].

        Raises:
            MotorCalibrationError: The position is outside its limits, so that nothing moves.
            BlockedError: Something is in its way.
            DriverError: Its motor cannot be reached.
        """
        mover, place = self._motor(joint)
        where = mover.position(place)
        start = self._robot.joints[joint].home if math.isnan(where) else where
        self.to(joint, start + way)

    def sweep(self, joint: int) -> None:
        """Move a joint to both ends of its limits and raw range, and home.

        Raises:
            MotorCalibrationError: Its home is outside the raw range.
            BlockedError: Something is in its way.
            DriverError: Its motor cannot be reached.
        """
        one = self._robot.joints[joint]
        low, high = self._reach(joint)
        for target in dict.fromkeys((max(one.lower, low), min(one.upper, high), one.home)):
            self.to(joint, target)

    def tell(self, joint: int) -> None:
        """Say where a joint is.

        Raises:
            DriverError: Its motor does not answer.
        """
        one = self._robot.joints[joint]
        mover, place = self._motor(joint)
        where = mover.position(place)
        source = "measured" if mover.driver.measures else "as sent"
        text = "not known" if math.isnan(where) else f"{round(where, 4) + 0.0:.4f} ({source})"
        self._say(f"{one.name}: {text}, limits {one.lower:g} to {one.upper:g}, home {one.home:g}")

    def converse(self) -> int:
        """Let the owner move joints until he has enough; returns the exit status.

        Raises:
            DriverError: A motor cannot be reached.
        """
        dialogue = Dialogue(self._console)
        names = self._robot.joint_names
        dialogue.say(f"Joints: {', '.join(names)}\n{_HELP}")
        joint = 0
        while True:
            try:
                text = dialogue.command(f"{names[joint]} >")
                joint = self._obey(text, joint)
            except Quit:
                return 0
            except MotorCalibrationError as error:
                dialogue.report(error)
            except DriverError as error:
                if error.fault is Fault.LOST:
                    raise
                dialogue.report(error)

    def _obey(self, text: str, joint: int) -> int:
        one = self._robot.joints[joint]
        if text == "":
            self.tell(joint)
        elif text == "?":
            self._say(_HELP)
        elif text == "home":
            self.to(joint, one.home)
        elif text == "free":
            mover, place = self._motor(joint)
            mover.relax(place)
            self._say(f"{one.name}: torque disabled")
        elif text.startswith("="):
            self.to(joint, parse_command(text, text[1:], units_of(one.type)))
        elif text[0] in "+-":
            percent = 0.01 * (one.upper - one.lower)
            steps = DEGREES if one.type == "revolute" else {"": percent, "%": percent}
            self.by(joint, parse_command(text, text, steps))
        else:
            joint = self.find(text)
            self.tell(joint)
        return joint

    def _motor(self, joint: int) -> tuple[JointMover, int]:
        """Return what moves a joint, connected, and its place there.

        Raises:
            DriverError: The board cannot be reached.
        """
        mover, place = self._motors[joint]
        if mover not in self._connected:
            self._stack.enter_context(mover)
            self._connected.add(mover)
        return mover, place

    def _key(self, joint: int) -> str:
        mover, _ = self._motors[joint]
        return f"{mover.driver.settings.key}.joints.{self._robot.joint_names[joint]}.raw"

    def _reach(self, joint: int) -> tuple[float, float]:
        """Return the positions between which a joint can be sent, to a step [rad, m or ratio]."""
        mover, place = self._motors[joint]
        driver = mover.driver
        calibration = driver.settings.calibrations[place]
        step = driver.calibration.resolution / calibration.scale
        return calibration.reach[0] - step, calibration.reach[1] + step

    def _say(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


def _shown(joint: Joint, position: float) -> str:
    if joint.type == "revolute":
        return f"{position:.4g} rad ({math.degrees(position):.1f}°)"
    return f"{position:.4g} m" if joint.type == "prismatic" else f"{position:.4g}"
