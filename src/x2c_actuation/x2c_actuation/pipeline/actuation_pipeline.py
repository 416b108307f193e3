# SPDX-License-Identifier: Apache-2.0
"""From control values to the joint commands that are really sent."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from x2c_actuation.pipeline.coupling_guard import CouplingGuard
from x2c_actuation.pipeline.mapping import JointMap
from x2c_actuation.pipeline.motion import JointMotion
from x2c_actuation.pipeline.motion_limits import MotionLimits, MotionState
from x2c_actuation.safety.feedback import Beginning, Feedback
from x2c_actuation.safety.state_machine import ENDING, WATCHED, ActuationStateMachine, State
from x2c_core.arrays import Array
from x2c_core.control_space import controls
from x2c_core.easing import smoothstep
from x2c_core.face.frames import ControlFrame
from x2c_core.robot.robot import Robot

LATE = 10
"""Joints that were sent nothing for so many periods stand: they start again from rest."""

_ROUNDING = 1e-6
"""Targets may be moved by so little without being counted: share of a joint's range."""

_CLOSE = 1e-4
"""Joints so close to a goal are there: share of a joint's range."""

_STANDING = (State.HOLDING, State.HALTING, State.STOPPED, State.FAULT)
"""States in which joints come to rest where they are."""


@dataclass(frozen=True)
class JointCommand:
    """Command to the joints of a robot.

    Attributes:
        state: Positions, velocities and accelerations (n,), inside all limits.
        stamp: Stamp of the camera image it answers [ns]; 0 if there is none.
        first: Whether it is the first that answers that image.
    """

    state: MotionState
    stamp: int
    first: bool


class ActuationPipeline:
    """Everything between control values and a motor driver; counts whatever it had to limit.

    Validation, gains and offsets, mixing, limits of position, coupled limits, jerk-limited
    motion, and the state that says what the joints follow. Times are seconds of a steady clock.

    What was sent last outlives every pause: commands go on from there. Only a joint that is
    measured somewhere else, by more than the lag of its motor explains, begins where it is.

    Attributes:
        state_machine: The state.
        feedback: Measured positions of the joints.
        counts: Number of limitations, by names.
        totals: The same in all, by kind.
        awaited: Input still missing before idle joints are moved; empty for none.
        hindrance: Reason why idle joints may not be moved now; empty if they may.
        elsewhere: Joints that began somewhere else than they were sent last, and how far away
            [rad or m].

    Args:
        robot: Robot that has the joints.
        joint_map: Turns control values into targets of that robot.
        state_machine: The state.
        period: Time between two ticks [s].
        before: Pipeline that has moved the joints so far, of the same robot or another; its joints
            of the same names begin where it has sent them.
    """

    def __init__(
        self,
        robot: Robot,
        joint_map: JointMap,
        state_machine: ActuationStateMachine,
        period: float,
        before: ActuationPipeline | None = None,
    ) -> None:
        self.state_machine = state_machine
        self.feedback = Feedback(robot)
        self.counts: Counter[str] = Counter()
        self.totals: Counter[str] = Counter()
        self.awaited = self.hindrance = ""
        self.elsewhere: dict[str, float] = {}
        self._map = joint_map
        self._joints = robot.joints
        self._names = robot.joint_names
        self._span = robot.upper - robot.lower
        self._guard = CouplingGuard(robot.coupled_limits)
        self._motion = JointMotion(MotionLimits.of(robot.joints), period)
        self._period = period
        self._sent_at = -math.inf
        self._known = np.zeros(len(self._names), dtype=bool)
        # What joints of robots before were sent last that this one lacks: they may come back.
        self._others: dict[str, float] = {}
        self._cut_off = False
        self._take_over(before)
        self._entered: tuple[State, float] | None = None
        self._start = self._goal = self._followed = self._motion.state.position
        self._stamp, self._first = 0, False
        self._beginning = Beginning(self._motion.state.position, ~self._known)
        self._sending = False

    def _take_over(self, before: ActuationPipeline | None) -> None:
        """Begin where the joints were sent before, as far as they are the same."""
        if before is None:
            self._motion.reset(self._neutral())
            return
        self._sent_at = before._sent_at
        if self._joints == before._joints:
            self._known = before._known
            self._motion = before._motion
            self._motion.refused = 0
            self._others = before._others
            self.feedback.succeed(before.feedback)
            return
        sent = before._sent
        self._others = {name: one for name, one in sent.items() if name not in self._names}
        self._known = np.isin(self._names, list(sent))
        positions = self._neutral().copy()
        positions[self._known] = [sent[self._names[i]] for i in np.flatnonzero(self._known)]
        self._cut_off = not before._motion.at_rest
        self._motion.reset(positions)
        self.feedback.restart(positions, self._sent_at)

    @property
    def _sent(self) -> dict[str, float]:
        """Positions that joints were sent last, also by pipelines before [rad or m], by name."""
        positions = self._motion.state.position
        own = {self._names[i]: float(positions[i]) for i in np.flatnonzero(self._known)}
        return {**self._others, **own}

    @property
    def motion(self) -> JointMotion:
        """Of the joints."""
        return self._motion

    @property
    def sending(self) -> bool:
        """True while the joints get commands."""
        return self._sending

    @property
    def stamp(self) -> int:
        """Stamp of the image that the newest command answers [ns]; 0 where there is none."""
        return self._stamp

    @property
    def reason(self) -> str:
        """Reason for the state, or for no change although control values come."""
        state_machine = self.state_machine
        waits = state_machine.armed and state_machine.state is State.DISABLED
        return self.hindrance if waits and self.hindrance else state_machine.reason

    @property
    def unknown(self) -> tuple[str, ...]:
        """Names of the joints that were never sent anything: where they are is not known."""
        return tuple(
            name for name, known in zip(self._names, self._known, strict=True) if not known
        )

    def restart(self, armed: bool, now: float) -> None:
        """Begin again after a pause.

        What is latched stays, and so does what was sent last; what was measured is forgotten.

        Args:
            armed: Whether control values are followed as soon as some come.
            now: The time [s].
        """
        self.state_machine.restart(armed, now)
        self.feedback.forget()
        self._sending = False
        self._entered = None

    def take(self, frame: ControlFrame, stamp: int, now: float) -> None:
        """Take control values.

        Args:
            frame: The control values; finite, but they can be out of range.
            stamp: Stamp of the camera image they come from [ns].
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
        self.state_machine.take_input(now)

    def tick(self, now: float) -> JointCommand | None:
        """Return what to send the joints now; None where they are sent nothing."""
        state_machine = self.state_machine
        if self._sending:
            self._brake_if_late(now)
        else:
            self._look(now)
        # Only the states that have an end ask whether it is reached.
        arrived = state_machine.state in ENDING and self._arrived()
        state_machine.tick(arrived, now, ready=not self.hindrance)
        watched = self._sending and state_machine.state in (*WATCHED, State.EASING)
        if watched and (trouble := self.feedback.trouble(now)):
            state_machine.fail(trouble, now)
        if self._entered != (state_machine.state, state_machine.since):
            self._begin(state_machine.state, now)
        if not self._sending:
            return None
        wanted = self._guard.allowed(self._wanted(now))
        targets, corridor = self._guard.on_the_way(wanted, self._motion.reach)
        passed = max(now - self._sent_at, 0.0)
        sent = self._motion.step(targets, passed, corridor)
        self._sent_at = max(self._sent_at, now)
        self.feedback.sent(sent.position, now)
        self.totals["commands"] += 1
        first = self._first and state_machine.state in WATCHED
        self._first = False
        return JointCommand(sent, self._stamp, first)

    def _late(self, now: float) -> bool:
        return now - self._sent_at >= LATE * self._period

    def _brake_if_late(self, now: float) -> None:
        """Let joints stand that were sent nothing for long, whatever they were doing."""
        if not self._late(now):
            return
        self.totals["late ticks"] += 1
        self._motion.reset(self._motion.state.position)
        self._sent_at = now - self._period
        if self.state_machine.state in _STANDING:
            self._goal = self._motion.state.position

    def _look(self, now: float) -> None:
        """Find out whether and where joints that are sent nothing may begin."""
        rest = self._sent_at + max(self.feedback.tracking.lag, LATE * self._period)
        self._beginning = self.feedback.begin(self._motion.state.position, self._known, rest, now)
        self.hindrance = self.awaited or self._beginning.hindrance
        if self._cut_off and not self._late(now):
            self.hindrance = self.hindrance or "waits until the joints have come to rest"
        if self.hindrance and self.state_machine.state is State.EASING:
            # To begin by itself at any later time would surprise people.
            self.state_machine.disable(now, self.hindrance)

    def _arrived(self) -> bool:
        """Return whether the joints stand where the state has sent them."""
        if self._entered != (self.state_machine.state, self.state_machine.since):
            return False
        if not self._sending:
            return True
        away = np.abs(self._motion.state.position - self._goal)
        return self._motion.at_rest and bool((away <= _CLOSE * self._span).all())

    def _neutral(self) -> Array:
        return self._guard.allowed(self._map.targets(controls.NEUTRAL).positions)

    def _begin(self, state: State, now: float) -> None:
        """Prepare for what is followed from now on."""
        if state is State.DISABLED:
            self._sending = False
        elif not self._sending and state in (State.RAMPING, State.EASING):
            self._start_sending(now)
        self._entered = (self.state_machine.state, self.state_machine.since)
        self._start = self._motion.state.position
        if state is State.EASING:
            self._goal = self._neutral()
        elif state is State.HOLDING:
            self._goal = self._motion.targets
        elif state is State.FAULT:
            self._goal = self.feedback.relieved(self._motion.stopping_points(), now)
        else:
            self._goal = self._motion.stopping_points()

    def _start_sending(self, now: float) -> None:
        """Go on where the joints were sent last, or begin where they are measured."""
        beginning, sent = self._beginning, self._motion.state.position
        if beginning.wrong:
            self.state_machine.fail(beginning.wrong, now)
            return
        away = beginning.positions - sent
        self.elsewhere = {
            self._names[i]: float(away[i]) for i in np.flatnonzero(beginning.elsewhere)
        }
        self._count("began where measured", self._names, beginning.elsewhere)
        moved = not np.array_equal(beginning.positions, sent)
        if moved or self._late(now):
            self._motion.reset(beginning.positions)
        if self._motion.at_rest:
            # To have stood for long is no reason for a long first step.
            self._sent_at = max(self._sent_at, now - self._period)
        if moved or not self._known.any():
            self.feedback.restart(beginning.positions, now)
        else:
            self.feedback.resume()
        self._known[:] = True
        self._sending = True

    def _wanted(self, now: float) -> Array:
        """Return where the joints should be (n,) [rad or m], but for coupled limits."""
        state, spent = self.state_machine.state, now - self.state_machine.since
        if state is State.ACTIVE:
            return self._followed
        if state is State.RAMPING:
            return self._eased(self._followed, spent, self.state_machine.timing.ramp)
        if state is State.EASING:
            return self._eased(self._goal, spent, self.state_machine.timing.ease)
        return self._goal

    def _eased(self, goal: Array, spent: float, duration: float) -> Array:
        share = smoothstep(spent / duration) if duration > 0.0 else 1.0
        return np.asarray(self._start + share * (goal - self._start))

    def _count(self, what: str, names: tuple[str, ...], which: NDArray[np.bool_]) -> None:
        if not which.any():
            return
        for i in np.flatnonzero(which):
            self.counts[f"{what}: {names[i]}"] += 1
            self.totals[what] += 1
