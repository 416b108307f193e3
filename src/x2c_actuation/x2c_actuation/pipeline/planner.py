# SPDX-License-Identifier: Apache-2.0
"""Plan how joints come to rest at targets, from whatever state they are in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from ruckig import (
    ControlInterface,
    InputParameter,
    Result,
    Ruckig,
    RuckigError,
    Synchronization,
    Trajectory,
)

from x2c_core.arrays import Array

_PLANNED = (Result.Working, Result.Finished)

_LESS = 1e-6
"""By how much less jerk another motion is asked for: share of the limit."""

_MIRROR = np.array([[1.0], [-1.0]])
"""Signs of lowest and highest points, with which both are the lowest on their way."""
_UPWARDS = -_MIRROR


class Turn(NamedTuple):
    """Turn of a joint that brakes as hard as it can.

    Attributes:
        row: 0 where it turns downwards, 1 where it does upwards.
        joint: Index of the joint.
        position: Its position.
        time: Time from the start [s].
    """

    row: int
    joint: int
    position: float
    time: float


class Kinematics(NamedTuple):
    """State of n joints at one moment, in any unit of length.

    Attributes:
        position: (n,).
        velocity: (n,) per s.
        acceleration: (n,) per s².
    """

    position: Array
    velocity: Array
    acceleration: Array


class MotionPlan:
    """A motion of n joints to rest.

    Attributes:
        targets: (n,) where they come to rest.
        duration: Time until then [s].

    Args:
        trajectory: Trajectory planned by ruckig.
        targets: (n,) as they were asked for.
        turns: Turns of joints that brake from the beginning until they turn, and reach their
            highest acceleration meanwhile.
    """

    def __init__(self, trajectory: Trajectory, targets: Array, turns: Sequence[Turn]) -> None:
        self._trajectory = trajectory
        self.targets = targets
        self.duration: float = trajectory.duration
        extrema = [(one.min, one.max, one.t_min, one.t_max) for one in trajectory.position_extrema]
        reached = np.array(extrema).T
        self._outermost, self._times = _MIRROR * reached[:2], reached[2:]
        # ruckig overlooks where a joint turns while its acceleration is constant.
        for row, joint, position, time in turns:
            place = -position if row else position
            if place < self._outermost[row, joint]:
                self._outermost[row, joint], self._times[row, joint] = place, time
        self._ends = _MIRROR * targets
        self._ways = np.minimum(self._ends, self._outermost)

    @property
    def low(self) -> Array:
        """(n,) lowest positions on the way."""
        return np.asarray(self._outermost[0])

    @property
    def high(self) -> Array:
        """(n,) highest positions on the way."""
        return np.asarray(-self._outermost[1])

    @property
    def is_finite(self) -> bool:
        """True if lowest and highest positions are numbers."""
        return bool(np.isfinite(self._outermost).all())

    def at(self, time: float) -> Kinematics:
        """Return the state at some time [s] from the start; at rest after the end."""
        return Kinematics(*self.rows_at(time))

    def rows_at(self, time: float) -> Array:
        """Return the same as rows (3, n): positions, velocities and accelerations."""
        position, velocity, acceleration = self._trajectory.at_time(min(time, self.duration))
        # One list is read in half the time of three.
        return np.array(position + velocity + acceleration).reshape(3, -1)

    def reach(self, time: float, position: Array) -> Array:
        """Return lowest and highest positions (2, n) from some time [s] and position (n,) on.

        From where a joint turns around at its outermost, it never comes there again.
        """
        ahead = np.where(self._times >= time, self._ways, self._ends)
        return np.asarray(_MIRROR * np.minimum(_MIRROR * position, ahead))


class Planner:
    """Plan motions whose velocity, acceleration and jerk are limited, each joint for itself.

    Time-optimal third-order motion: ruckig (Berscheid, Kröger: "Jerk-limited Real-time Trajectory
    Generation with Arbitrary Target States", RSS 2021).

    Args:
        velocity: (n,) highest speeds.
        acceleration: (n,) highest accelerations.
        jerk: (n,) highest jerks.
    """

    def __init__(self, velocity: Array, acceleration: Array, jerk: Array) -> None:
        self._count = len(velocity)
        self._turns = _Turning(acceleration, jerk)
        self._ruckig = Ruckig(self._count)
        self._input = InputParameter(self._count)
        self._input.synchronization = Synchronization.No
        self._input.max_velocity = velocity.tolist()
        self._input.max_acceleration = acceleration.tolist()
        # ruckig finds no motion where the highest acceleration is reached for an instant alone;
        # with a slightly lower jerk that is another motion.
        self._jerks = (jerk.tolist(), (jerk * (1.0 - _LESS)).tolist())

    def plan(self, start: Kinematics, targets: Array) -> MotionPlan | None:
        """Return the fastest motion to rest at targets (n,); None if none is found."""
        self._input.control_interface = ControlInterface.Position
        self._input.target_position = targets.tolist()
        trajectory = self._calculate(start)
        if trajectory is None:
            return None
        plan = MotionPlan(trajectory, targets, self._turns.of(start))
        return plan if plan.is_finite else None

    def stop(self, start: Kinematics) -> Array | None:
        """Return the positions (n,) at which joints that brake now rest; None if unknown."""
        self._input.control_interface = ControlInterface.Velocity
        trajectory = self._calculate(start)
        if trajectory is None:
            return None
        ends = np.array(trajectory.at_time(trajectory.duration)[0])
        return ends if np.isfinite(ends).all() else None

    def _calculate(self, start: Kinematics) -> Trajectory | None:
        self._input.current_position = start.position.tolist()
        self._input.current_velocity = start.velocity.tolist()
        self._input.current_acceleration = start.acceleration.tolist()
        for jerk in self._jerks:
            self._input.max_jerk = jerk
            trajectory = Trajectory(self._count)
            try:
                result = self._ruckig.calculate(self._input, trajectory)
            except RuckigError:
                continue
            if result in _PLANNED:
                return trajectory
        return None


class _Turning:
    """Find where joints turn that brake as hard as they can, at their highest acceleration.

    Args:
        acceleration: (n,) highest accelerations.
        jerk: (n,) highest jerks.
    """

    def __init__(self, acceleration: Array, jerk: Array) -> None:
        self._square, self._double_jerk = acceleration * acceleration, 2.0 * jerk
        self._accelerations, self._jerks = acceleration.tolist(), jerk.tolist()

    def of(self, start: Kinematics) -> list[Turn]:
        """Return the turns; nothing that keeps the limits turns earlier."""
        # Downwards is upwards in a mirror.
        v, a = _UPWARDS * start.velocity, _UPWARDS * start.acceleration
        reached = (a * a + self._double_jerk * v >= self._square) & (np.maximum(v, a) > 0.0)
        rows, joints = reached.nonzero()
        # They are few: numbers take less time than arrays.
        states = zip(v[reached].tolist(), a[reached].tolist(), strict=True)
        return [
            self._turn(row, joint, float(start.position[joint]), *state)
            for row, joint, state in zip(rows.tolist(), joints.tolist(), states, strict=True)
        ]

    def _turn(self, row: int, joint: int, position: float, v: float, a: float) -> Turn:
        acceleration, jerk = self._accelerations[joint], self._jerks[joint]
        ramp = (a + acceleration) / jerk
        # What is left after the acceleration has reached its limit.
        rest = max(v + ramp * (a - ramp * jerk / 2.0), 0.0)
        way = ramp * (v + ramp * (a / 2.0 - ramp * jerk / 6.0))
        way += rest * rest / (2.0 * acceleration)
        return Turn(
            row, joint, position + way if row else position - way, ramp + rest / acceleration
        )
