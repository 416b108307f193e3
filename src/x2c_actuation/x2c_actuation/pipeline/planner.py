# SPDX-License-Identifier: Apache-2.0
"""Plan how joints come to rest at targets, from whatever state they are in."""

from __future__ import annotations

from dataclasses import dataclass

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


_Turns = tuple[Array, Array]
"""Positions (2, n) and times (2, n) [s] of a lowest and a highest point of each joint."""


@dataclass(frozen=True)
class Kinematics:
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
        low: (n,) lowest positions on the way.
        high: (n,) highest positions on the way.

    Args:
        trajectory: Trajectory planned by ruckig.
        targets: (n,) as they were asked for.
        turns: Positions and times (2, n) at which the joints turn at the earliest, downwards and
            upwards.
    """

    def __init__(self, trajectory: Trajectory, targets: Array, turns: _Turns) -> None:
        self._trajectory = trajectory
        self.targets = targets
        self.duration: float = trajectory.duration
        extrema = trajectory.position_extrema
        # ruckig overlooks where a joint turns while its acceleration is constant. That is only
        # where it brakes as hard as it can from the beginning.
        (low, high), (low_times, high_times) = turns
        reached = np.array([one.min for one in extrema])
        self.low = np.minimum(reached, low)
        self._low_times = np.where(reached <= low, [one.t_min for one in extrema], low_times)
        reached = np.array([one.max for one in extrema])
        self.high = np.maximum(reached, high)
        self._high_times = np.where(reached >= high, [one.t_max for one in extrema], high_times)

    def at(self, time: float) -> Kinematics:
        """Return the state at some time [s] from the start; at rest after the end."""
        position, velocity, acceleration = self._trajectory.at_time(min(time, self.duration))
        return Kinematics(np.array(position), np.array(velocity), np.array(acceleration))

    def reach(self, time: float, position: Array) -> tuple[Array, Array]:
        """Return lowest and highest positions (n,) from some time [s] and position (n,) on.

        From where a joint turns around at its outermost, it never comes there again.
        """
        low = np.minimum(position, self.targets)
        high = np.maximum(position, self.targets)
        low = np.where(self._low_times >= time, np.minimum(low, self.low), low)
        high = np.where(self._high_times >= time, np.maximum(high, self.high), high)
        return low, high


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
        self._acceleration = acceleration
        self._jerk = jerk
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
        plan = MotionPlan(trajectory, targets, _turns(start, self._acceleration, self._jerk))
        return plan if np.isfinite(plan.low).all() and np.isfinite(plan.high).all() else None

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


def _turns(start: Kinematics, acceleration: Array, jerk: Array) -> _Turns:
    """Return where joints turn that brake as hard as they can, or the start where they need not.

    Nothing that keeps the limits turns earlier.
    """
    # Downwards is upwards in a mirror.
    sign = np.array([[-1.0], [1.0]])
    v, a = sign * start.velocity, sign * start.acceleration
    square = a * a + 2.0 * jerk * v
    turns = (square > 0.0) & ((v > 0.0) | (a > 0.0))
    root = np.sqrt(np.where(turns, square, 0.0))
    ramp = (a + acceleration) / jerk
    time = np.where(turns, np.minimum((a + root) / jerk, ramp), 0.0)
    way = time * (v + time * (a / 2.0 - time * jerk / 6.0))
    # What is left after the acceleration has reached its limit.
    rest = np.where(turns & (time == ramp), v + ramp * (a - ramp * jerk / 2.0), 0.0)
    way += rest * rest / (2.0 * acceleration)
    return start.position + sign * way, time + rest / acceleration
