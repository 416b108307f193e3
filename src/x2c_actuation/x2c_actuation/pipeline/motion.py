# SPDX-License-Identifier: Apache-2.0
"""Motion of joints towards targets that may change at any time, inside every limit."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from x2c_actuation.errors import MotionError
from x2c_actuation.pipeline.motion_limits import MotionLimits, MotionState
from x2c_actuation.pipeline.planner import Kinematics, MotionPlan, Planner
from x2c_core.arrays import Array

TOLERANCE = 1e-6
"""Tolerance for rounding of commands past a limit: share of the range, or of the limit."""


class JointMotion:
    """Move joints to targets in the shortest time that their limits allow, each for itself.

    What consecutive steps return are samples of one motion whose velocity and acceleration are
    continuous and whose jerk is bounded, so the differences of what is sent keep the limits too.
    A new target is taken up at once, whatever the joints are doing.

    No motion is begun before it is known to end at rest and to stay inside the limits of
    position; a joint that has none to its new target goes on to the one before.

    Joints that start outside their limits of position are never sent further out.

    Attributes:
        refused: Number of times that a joint, or all of them, kept the previous target.

    Args:
        limits: Limits of the joints; they stand at the position nearest to 0 at first.
        period: Time between two steps, where a step does not say otherwise [s].

    Raises:
        MotionError: The period is not positive, or there are no joints.
    """

    def __init__(self, limits: MotionLimits, period: float) -> None:
        if not (math.isfinite(period) and period > 0.0):
            raise MotionError(f"the time between two steps must be positive, got {period}")
        if not len(limits.lower):
            # ruckig would divide by their number, which ends the process.
            raise MotionError("there is no joint to move")
        self.refused = 0
        self._limits = limits
        self._period = period
        # All ranges become one: plans are most exact with numbers neither big nor small.
        self._range = limits.upper - limits.lower
        self._velocity = limits.velocity / self._range
        self._acceleration = limits.acceleration / self._range
        self._planner = Planner(self._velocity, self._acceleration, limits.jerk / self._range)
        # Rows of positions, velocities and accelerations, worked on all at once.
        endless = np.full(len(self._range), np.inf)
        self._most = np.array([endless, self._velocity, self._acceleration])
        self._least = -self._most
        self._highest = np.array([limits.upper, limits.velocity, limits.acceleration])
        self._lowest = np.array([limits.lower, -limits.velocity, -limits.acceleration])
        self._zero = np.array([limits.lower, 0.0 * limits.lower, 0.0 * limits.lower])
        self._bounds: tuple[Array, Array] | None = None
        self.reset(np.clip(0.0, limits.lower, limits.upper))

    @property
    def limits(self) -> MotionLimits:
        """Of the joints."""
        return self._limits

    @property
    def state(self) -> MotionState:
        """Result of the last step."""
        return self._state

    @property
    def targets(self) -> Array:
        """(n,) where the joints will come to rest as things are [rad or m]."""
        return self._limits.lower + self._plan.targets * self._range

    @property
    def at_rest(self) -> bool:
        """True when all joints have come to rest."""
        return self._elapsed >= self._plan.duration

    @property
    def reach(self) -> Array:
        """Lowest and highest positions (2, n) between now and rest, as things are [rad or m]."""
        ends = self._plan.reach(self._elapsed, self._now.position)
        return np.asarray(self._limits.lower + ends * self._range)

    def reset(self, positions: ArrayLike, velocities: ArrayLike | None = None) -> None:
        """Let the joints be in some state, and brake them.

        Args:
            positions: (n,) [rad or m]; they may be outside the limits.
            velocities: (n,) [rad/s or m/s], zero where None; too high ones are lowered, and one
                with which a joint could not stop inside its limits of position is forgotten.

        Raises:
            MotionError: They are not one finite number for each joint.
        """
        start = (self._vector(positions) - self._limits.lower) / self._range
        still = np.zeros(len(start))
        given = still if velocities is None else self._vector(velocities)
        velocity = np.clip(given / self._range, -self._velocity, self._velocity)
        stop = self._planner.stop(Kinematics(start, velocity, still))
        if stop is None:
            raise MotionError(f"joints cannot be braked from {positions!r} with {velocities!r}")
        # A joint that brakes from a constant speed moves one way only.
        safe = (stop >= 0.0) & (stop <= 1.0)
        now = Kinematics(start, np.where(safe, velocity, 0.0), still)
        plan = self._planner.plan(now, np.where(safe, stop, start))
        if plan is None:
            raise MotionError(f"joints cannot be moved from {positions!r}")
        self._plan = plan
        self._elapsed = 0.0
        self._begin(self._vector(positions), now)

    def place(self, which: NDArray[np.bool_], positions: ArrayLike) -> None:
        """Let some joints stand somewhere; the others go on as they were.

        Args:
            which: (n,) joints that stand.
            positions: (n,) where they do [rad or m]; they may be outside the limits.

        Raises:
            MotionError: The positions of the joints that stand are not finite.
        """
        last = np.where(which, positions, self._last)
        where = (self._vector(last) - self._limits.lower) / self._range
        now = Kinematics(
            np.where(which, where, self._now.position),
            np.where(which, 0.0, self._now.velocity),
            np.where(which, 0.0, self._now.acceleration),
        )
        plan = self._planner.plan(now, np.where(which, where, self._plan.targets))
        if plan is None:
            self.reset(last)
            return
        self._plan, self._elapsed = plan, 0.0
        self._begin(last, now)

    def stopping_points(self) -> Array:
        """Return targets (n,) [rad or m] with which the joints brake as fast as they may."""
        stop = self._planner.stop(self._now)
        if stop is None:
            return self.targets
        # To stop may need more way than to turn around.
        low, high = self._plan.reach(self._elapsed, self._now.position)
        return self._limits.lower + np.clip(stop, low, high) * self._range

    def step(
        self,
        targets: ArrayLike,
        duration: float | None = None,
        corridor: tuple[Array, Array] | None = None,
    ) -> MotionState:
        """Move on towards targets, and return what to send the joints.

        Args:
            targets: (n,) [rad or m], brought into the limits.
            duration: Time since the last step [s]; the period where None.
            corridor: Lowest and highest positions (n,) [rad or m] that no new motion may pass.

        Raises:
            MotionError: Targets are not one finite number for each joint, or the duration is
                negative; nothing has moved.
        """
        passed = self._period if duration is None else duration
        if not (math.isfinite(passed) and passed >= 0.0):
            raise MotionError(f"the time since the last step must not be negative, got {passed}")
        lower = self._limits.lower
        wanted = np.minimum(np.maximum((self._vector(targets) - lower) / self._range, 0.0), 1.0)
        if (wanted != self._plan.targets).any():
            low = np.minimum(0.0, self._now.position)
            high = np.maximum(1.0, self._now.position)
            if corridor is not None:
                low = np.maximum(low, (corridor[0] - lower) / self._range)
                high = np.minimum(high, (corridor[1] - lower) / self._range)
            self._plan_again(wanted, low, high)
        self._elapsed = min(self._elapsed + passed, self._plan.duration)
        self._take(self._plan.rows_at(self._elapsed))
        return self._state

    def _plan_again(self, wanted: Array, low: Array, high: Array) -> None:
        """Replace the plan by one to other targets, as far as there is one."""
        plan = self._planner.plan(self._now, wanted)
        outside = np.ones(len(wanted), bool) if plan is None else _outside(plan, low, high)
        if outside.any():
            self.refused += 1
            wanted = np.where(outside, self._plan.targets, wanted)
            plan = self._planner.plan(self._now, wanted)
            if plan is None or _outside(plan, low, high).any():
                return
        if plan is not None:
            self._plan, self._elapsed = plan, 0.0

    def _begin(self, last: Array, now: Kinematics) -> None:
        """Keep where the joints begin, which may be outside their limits of position."""
        self._last = last
        self._bounds = None
        self._take(np.array(now))

    def _take(self, rows: Array) -> None:
        """Keep where the joints are, free of the rounding by which it may pass a limit.

        Args:
            rows: (3, n) positions, velocities and accelerations, of ranges that are one.
        """
        self._now = Kinematics(*np.minimum(np.maximum(rows, self._least), self._most))
        lowest, highest = self._bounds or self._next_bounds()
        sent = np.minimum(np.maximum(self._zero + rows * self._range, lowest), highest)
        self._state = MotionState(*sent)
        self._last = self._state.position

    def _next_bounds(self) -> tuple[Array, Array]:
        """Return what is sent at least and at most (3, n); a joint outside may come in."""
        last, limits = self._last, self._limits
        low, high = np.minimum(limits.lower, last), np.maximum(limits.upper, last)
        bounds = np.vstack([low, self._lowest[1:]]), np.vstack([high, self._highest[1:]])
        if (low == limits.lower).all() and (high == limits.upper).all():
            # None is outside, nor ever will be.
            self._bounds = bounds
        return bounds

    def _vector(self, values: ArrayLike) -> Array:
        try:
            vector = np.asarray(values, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise MotionError(f"expected numbers, got {values!r}: {error}") from error
        if vector.shape != self._range.shape:
            raise MotionError(
                f"expected one number for each of {len(self._range)} joints, "
                f"got an array of shape {vector.shape}"
            )
        if not np.isfinite(vector).all():
            raise MotionError(f"positions and velocities must be finite, got {vector}")
        return vector


def _outside(plan: MotionPlan, low: Array, high: Array) -> NDArray[np.bool_]:
    return np.asarray((plan.low < low - TOLERANCE) | (plan.high > high + TOLERANCE))
