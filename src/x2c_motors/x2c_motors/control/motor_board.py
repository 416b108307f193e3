# SPDX-License-Identifier: Apache-2.0
"""Boards of a robot at work: a controller and a thread for each, so none waits for another."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from x2c_core.arrays import Array
from x2c_core.robot.coupling import CoupledLimit
from x2c_core.robot.robot import Robot
from x2c_motors.configuration.boards import Board
from x2c_motors.control.motion_group import MotionGroup, MotionPart
from x2c_motors.control.motor_controller import MotorController
from x2c_motors.control.motor_link import Tell
from x2c_motors.errors import DriverError, Fault
from x2c_node.supervision.supervisor import Pulse

_SOONEST = 0.5
"""A command that comes is not sent before this share of a period has passed since the last."""


class MotorBoard:
    """Controller of one board, and the thread that ticks it.

    Attributes:
        name: Name of the board; empty where the robot has one only.
        controller: Controller between commands and motors.
        joint_indices: Places of the board's joints among the robot's (k,).

    Args:
        board: Board as robot.yaml describes it.
        controller: Controller of its motors.
    """

    def __init__(self, board: Board, controller: MotorController) -> None:
        self.name, self.controller = board.name, controller
        self.joint_indices = np.array(board.joint_indices, dtype=np.intp)
        self._period = 1.0 / board.driver.settings.rate
        self._awake = threading.Condition()
        self._fresh = self._urgent = self._ending = self._left = self._done = False
        self._thread: threading.Thread | None = None

    @property
    def thread_name(self) -> str:
        """Name of its thread, for people."""
        return f"motors {self.name}".strip()

    @property
    def died(self) -> bool:
        """True if its thread has stopped without a request."""
        return self._done and not self._ending

    @property
    def running(self) -> bool:
        """True while a thread ticks the controller."""
        return self._thread is not None and self._thread.is_alive()

    def start(
        self,
        tick: Callable[[MotorBoard], None],
        alive: Callable[[], bool],
        pulse: Pulse | None = None,
    ) -> None:
        """Begin to tick.

        Args:
            tick: Ticks the controller once, in the board's thread; it must not raise.
            alive: Returns whether the process goes on.
            pulse: Pulse of the thread, one beat each tick.

        Raises:
            DriverError: The thread of the time before hangs.
        """
        if self.running:
            raise DriverError(
                Fault.LOST,
                f"{self.thread_name}: the bus at {self.controller.link.driver.place} hangs",
            )
        self._fresh = self._ending = self._left = self._done = False
        work = (tick, alive, pulse or Pulse())
        thread = threading.Thread(target=self._run, args=work, name=self.thread_name, daemon=True)
        thread.start()
        self._thread = thread

    def command(self, positions: Array, now: float) -> None:
        """Take a command for all joints of the robot (n,) [rad or m]."""
        self.controller.command(positions[self.joint_indices], now)
        with self._awake:
            self._fresh = True
            self._awake.notify()

    def stop(self) -> None:
        """Stop the motors at once, whatever the rate of commands, and until a reset."""
        # A stop that is asserted again and again drives no bus faster than its rate.
        if not self.controller.stop():
            return
        with self._awake:
            self._urgent = True
            self._awake.notify()

    def ask_to_end(self) -> None:
        """Let the thread end after the tick that it is in."""
        with self._awake:
            self._ending = True
            self._awake.notify()

    def end(self, patience: float) -> bool:
        """Wait for the thread to end, and leave the motors as they are to be left.

        Args:
            patience: Longest wait [s].

        Returns:
            False where the thread hangs: then it leaves the motors so when it comes back.
        """
        self.ask_to_end()
        if self._thread is not None:
            self._thread.join(patience)
            # Either side ends the controller, and never neither.
            with self._awake:
                self._left = not self._done
                if self._left:
                    return False
        self._thread = None
        self.controller.end()
        return True

    @property
    def _hurried(self) -> bool:
        return self._urgent or self._ending

    def _run(
        self, tick: Callable[[MotorBoard], None], alive: Callable[[], bool], pulse: Pulse
    ) -> None:
        with pulse:
            try:
                self._tick_on(tick, alive, pulse)
            finally:
                # Before the pulse reports a death: then it is known already.
                with self._awake:
                    self._done = True
        if self._left:
            self.controller.end()

    def _tick_on(
        self, tick: Callable[[MotorBoard], None], alive: Callable[[], bool], pulse: Pulse
    ) -> None:
        last = -self._period
        while alive():
            with self._awake:
                wait = last + self._period - time.monotonic()
                self._awake.wait_for(lambda: self._fresh or self._hurried, max(wait, 0.0))
                # A command that comes at once after the last is sent a little later.
                soon = last + _SOONEST * self._period - time.monotonic()
                if soon > 0.0:
                    self._awake.wait_for(lambda: self._hurried, soon)
                if self._ending:
                    return
                self._fresh = self._urgent = False
            last = time.monotonic()
            pulse.beat()
            tick(self)


def motor_boards(
    robot: Robot,
    boards: Sequence[Board],
    tell: Tell,
    sent: Mapping[str, float] | None = None,
) -> tuple[MotorBoard, ...]:
    """Return the boards of a robot with their controllers.

    Args:
        robot: Robot that they belong to.
        boards: Its boards; those without joints are left out.
        tell: Called with whether it is a fault, and a sentence.
        sent: Positions that joints were sent last [rad or m], by name.
    """
    for board in boards:
        if not board.joint_indices:
            # As while its motors are still to be calibrated.
            tell(True, f"{board.driver.settings.key} has no joints: its motors are left alone")
    moving = [board for board in boards if board.joint_indices]
    made = []
    for board, motion in zip(moving, _motions(robot, moving), strict=True):
        joints = [robot.joints[place] for place in board.joint_indices]
        told = _named(tell, board.name)
        controller = MotorController(board.driver, joints, told, motion, sent)
        made.append(MotorBoard(board, controller))
    return tuple(made)


def _named(tell: Tell, name: str) -> Tell:
    return (lambda bad, text: tell(bad, f"{name}: {text}")) if name else tell


def _motions(robot: Robot, boards: Sequence[Board]) -> list[MotionPart]:
    """Return the motion of each board; boards that coupled limits connect have one together."""
    owner = {place: number for number, board in enumerate(boards) for place in board.joint_indices}
    group = list(range(len(boards)))
    for limit in robot.coupled_limits:
        first, second = group[owner[limit.joint]], group[owner[limit.by]]
        group = [first if one == second else one for one in group]
    motions: dict[int, MotionPart] = {}
    for number in set(group):
        members = [i for i, one in enumerate(group) if one == number]
        joint_indices = [place for i in members for place in boards[i].joint_indices]
        share = min(boards[i].driver.settings.approach for i in members)
        motion = MotionGroup(
            [robot.joints[place] for place in joint_indices],
            share,
            _inside(robot.coupled_limits, joint_indices),
            [[joint_indices.index(place) for place in boards[i].joint_indices] for i in members],
        )
        motions |= zip(members, motion.parts, strict=True)
    return [motions[i] for i in range(len(boards))]


def _inside(limits: Sequence[CoupledLimit], joint_indices: Sequence[int]) -> list[CoupledLimit]:
    """Return the limits among joints at some places, which become their indices."""
    return [
        replace(limit, joint=joint_indices.index(limit.joint), by=joint_indices.index(limit.by))
        for limit in limits
        if limit.joint in joint_indices
    ]
