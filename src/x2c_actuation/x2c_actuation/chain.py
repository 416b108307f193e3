# SPDX-License-Identifier: Apache-2.0
"""From control values to the joint commands that are really sent."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from x2c_actuation.coupling_guard import CouplingGuard
from x2c_actuation.errors import RefusedError
from x2c_actuation.feedback import Feedback
from x2c_actuation.machine import LATCHED, WATCHED, Machine, State
from x2c_actuation.mapping import JointMap
from x2c_actuation.motion import JointMotion
from x2c_actuation.motion_limits import MotionLimits, MotionState
from x2c_face import controls
from x2c_face.frames import ControlFrame
from x2c_face.robot import Robot

Array = NDArray[np.float64]

LATE = 10
"""A tick that comes so many periods late finds joints that stand: they start anew from rest."""

_ROUNDING = 1e-6
"""Targets may be moved by so little without being counted: share of a joint's range."""

_CLOSE = 1e-4
"""Joints so close to a goal are there: share of a joint's range."""

_STANDING = (State.HOLDING, State.HALTING, State.STOPPED, State.FAULT)
"""States in which joints come to rest where they are."""


@dataclass(frozen=True)
class JointCommand:
    """What the joints of a robot are sent.

    Attributes:
        state: Positions, velocities and accelerations (n,), inside all limits.
        stamp: Of the camera image it answers [ns]; 0 where there is none.
        first: Whether it is the first that answers that image.
    """

    state: MotionState
    stamp: int
    first: bool


class Chain:
    """Everything between control values and a motor driver; counts whatever it had to limit.

    Validation, gains and offsets, mixing, limits of position, coupled limits, jerk-limited
    motion, and the state that says what the joints follow. Times are seconds of a steady clock.

    Attributes:
        machine: The state.
        feedback: What was measured.
        counts: What had to be limited, by names.
        totals: The same in all, by kind.

    Args:
        robot: Whose joints to move.
        joint_map: Turns control values into targets of that robot.
        machine: The state.
        period: Time between two ticks [s].
    """

    def __init__(self, robot: Robot, joint_map: JointMap, machine: Machine, period: float) -> None:
        self.machine = machine
        self.feedback = Feedback(robot)
        self.counts: Counter[str] = Counter()
        self.totals: Counter[str] = Counter()
        self._map = joint_map
        self._names = robot.joint_names
        self._span = robot.upper - robot.lower
        self._guard = CouplingGuard(robot.coupled_limits)
        self._motion = JointMotion(MotionLimits.of(robot.joints), period)
        self._motion.reset(self._neutral())
        self._period = period
        self._entered: tuple[State, float] | None = None
        self._start = self._goal = self._followed = self._motion.state.position
        self._stamp, self._first = 0, False
        self._last = machine.since
        self._sending = False

    @property
    def motion(self) -> JointMotion:
        """Of the joints."""
        return self._motion

    @property
    def sending(self) -> bool:
        """Whether the joints are sent anything."""
        return self._sending

    @property
    def stamp(self) -> int:
        """Stamp of the image that the newest command answers [ns]; 0 where there is none."""
        return self._stamp

    def restart(self, armed: bool, now: float) -> None:
        """Begin anew after a pause, with joints of which nothing is known; what is latched stays.

        Args:
            armed: Whether control values are followed as soon as some come.
            now: The time [s].
        """
        self.machine.restart(armed, now)
        self.feedback.forget()
        self._sending = False
        self._entered = None
        self._last = now

    def take(self, frame: ControlFrame, stamp: int, now: float) -> None:
        """Take control values.

        Args:
            frame: The control values; finite, but they can be out of range.
            stamp: Of the camera image they come from [ns].
            now: The time [s].

        Raises:
            ControlError: A value is NaN or infinite.
            TargetError: The robot's mixing makes something of them that is no number.
        """
        targets = self._map.targets(frame.values)
        self._count("control out of range", controls.NAMES, targets.clamped_controls)
        self._count("position clamped", self._names, targets.clamped_joints)
        allowed = self._guard.allowed(targets.positions)
        moved = np.abs(allowed - targets.positions) > _ROUNDING * self._span
        self._count("coupled limit", self._names, moved)
        self._followed = allowed
        self._stamp, self._first = stamp, True
        self.totals["inputs"] += 1
        self.machine.take_input(now)

    def tick(self, now: float) -> JointCommand | None:
        """Return what to send the joints now; None where they are sent nothing."""
        passed = self._time_passed(now)
        machine = self.machine
        machine.tick(self._arrived(), now)
        if machine.state in (*WATCHED, State.EASING) and (trouble := self.feedback.trouble(now)):
            machine.fail(trouble, now)
        if self._entered != (machine.state, machine.since):
            self._begin(machine.state, now)
        if not self._sending:
            return None
        wanted = self._guard.allowed(self._wanted(now))
        targets, corridor = self._guard.on_the_way(wanted, self._motion.reach)
        sent = self._motion.step(targets, passed, corridor)
        self.feedback.sent(sent.position, now)
        self.totals["commands"] += 1
        first = self._first and machine.state in WATCHED
        self._first = False
        return JointCommand(sent, self._stamp, first)

    def _time_passed(self, now: float) -> float:
        """Return for how long the joints have moved since the last tick [s]."""
        passed, self._last = now - self._last, max(now, self._last)
        if passed < LATE * self._period:
            return max(passed, 0.0)
        # So long without a command the joints stand, whatever they were doing.
        if self._sending:
            self.totals["late ticks"] += 1
            self._motion.reset(self._motion.state.position)
            if self.machine.state in _STANDING:
                self._goal = self._motion.state.position
        return self._period

    def _arrived(self) -> bool:
        """Return whether the joints stand where the state has sent them."""
        if self._entered != (self.machine.state, self.machine.since):
            return False
        away = np.abs(self._motion.state.position - self._goal)
        return self._motion.at_rest and bool((away <= _CLOSE * self._span).all())

    def _neutral(self) -> Array:
        return self._guard.allowed(self._map.targets(controls.NEUTRAL).positions)

    def _begin(self, state: State, now: float) -> None:
        """Prepare for what is followed from now on."""
        if state is State.DISABLED:
            self._sending = False
        elif not self._sending and state not in LATCHED:
            # Nobody knows what has moved the joints since something was sent last.
            try:
                self._motion.reset(self.feedback.start(self._motion.state.position, now))
            except RefusedError as error:
                self.machine.fail(str(error), now)
            else:
                self._sending = True
                self.feedback.restart(self._motion.state.position)
        self._entered = (self.machine.state, self.machine.since)
        self._start = self._motion.state.position
        if state is State.EASING:
            self._goal = self._neutral()
        elif state is State.HOLDING:
            self._goal = self._motion.targets
        elif state is State.FAULT:
            self._goal = self.feedback.relieved(self._motion.stopping_points(), now)
        else:
            self._goal = self._motion.stopping_points()

    def _wanted(self, now: float) -> Array:
        """Return where the joints should be (n,) [rad or m], but for coupled limits."""
        state, spent = self.machine.state, now - self.machine.since
        if state is State.ACTIVE:
            return self._followed
        if state is State.RAMPING:
            return self._eased(self._followed, spent, self.machine.timing.ramp)
        if state is State.EASING:
            return self._eased(self._goal, spent, self.machine.timing.ease)
        return self._goal

    def _eased(self, goal: Array, spent: float, duration: float) -> Array:
        share = min(spent / duration, 1.0) if duration > 0.0 else 1.0
        smooth = share * share * (3.0 - 2.0 * share)
        return np.asarray(self._start + smooth * (goal - self._start))

    def _count(self, what: str, names: tuple[str, ...], which: NDArray[np.bool_]) -> None:
        if not which.any():
            return
        for i in np.flatnonzero(which):
            self.counts[f"{what}: {names[i]}"] += 1
            self.totals[what] += 1
