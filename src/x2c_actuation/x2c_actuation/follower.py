# SPDX-License-Identifier: Apache-2.0
"""Passes joint commands on as they come, and comes back softly to those that are far away."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from x2c_actuation.coupling_guard import CouplingGuard
from x2c_actuation.motion import JointMotion
from x2c_actuation.motion_limits import MotionLimits
from x2c_face.coupling import CoupledLimit
from x2c_face.robot import Joint

Array = NDArray[np.float64]

FAR = 0.2
"""A target further away than a joint's way in this time at its highest speed is come to [s]."""

NEAR = 0.02
"""Closer than the way of this time at the highest speed, a joint follows again [s]."""

LONGEST_STEP = 0.1
"""However much time has passed, joints move no further than in this time [s]."""


class Follower:
    """Decides what motors are sent, from where they are and what is commanded.

    Commands that are smooth, as actuation_node's are, pass unchanged: smoothing them once more
    would only delay them. No joint is ever sent further in a step than its highest speed allows.
    Whenever the joints are somewhere else than commanded, as after a lost connection, they come to
    the commanded pose inside all limits, and these lowered. Coupled limits are kept all the while.

    Attributes:
        approaching: Whether the joints are on their way to the commanded pose.
        limited: How often a command was too far away to be passed on.

    Args:
        joints: Of the robot.
        share: Of their limits of velocity, acceleration and jerk, for coming back.
        coupled_limits: Of the robot.
    """

    def __init__(
        self, joints: Sequence[Joint], share: float, coupled_limits: Sequence[CoupledLimit] = ()
    ) -> None:
        limits = MotionLimits.of(joints)
        slow = MotionLimits(
            limits.lower,
            limits.upper,
            share * limits.velocity,
            share * limits.acceleration,
            share * limits.jerk,
        )
        self._velocity = limits.velocity
        self._lower, self._upper = limits.lower, limits.upper
        self._motion = JointMotion(slow, 0.01)
        self._guard = CouplingGuard(coupled_limits)
        self.limited = 0
        self.place(np.array([joint.home for joint in joints]))

    @property
    def positions(self) -> Array:
        """(n,) what the joints were sent last [rad or m]."""
        return self._positions.copy()

    def place(self, positions: ArrayLike) -> None:
        """Start from where the joints are (n,) [rad or m], at rest."""
        self._positions = np.array(positions, dtype=np.float64)
        self._motion.reset(self._positions)
        self.approaching = True

    def step(self, targets: ArrayLike, duration: float) -> Array:
        """Return what to send the joints (n,) [rad or m].

        Args:
            targets: (n,) where they are commanded to be [rad or m].
            duration: Time since the last step [s].
        """
        passed = min(max(duration, 0.0), LONGEST_STEP)
        inside = np.clip(np.asarray(targets, dtype=np.float64), self._lower, self._upper)
        wanted = self._guard.allowed(inside)
        gap = np.abs(wanted - self._positions) / self._velocity
        if not self.approaching and gap.max(initial=0.0) > FAR:
            self.limited += 1
            self._motion.reset(self._positions)
            self.approaching = True
        if self.approaching:
            on_the_way, corridor = self._guard.on_the_way(wanted, self._motion.reach)
            self._positions = self._motion.step(on_the_way, passed, corridor).position
            gap = np.abs(wanted - self._positions) / self._velocity
            self.approaching = bool(gap.max(initial=0.0) > NEAR)
        else:
            self._positions = self._towards(wanted, self._velocity * passed)
        return self.positions

    def _towards(self, wanted: Array, reach: Array) -> Array:
        """Return the way to what is wanted as far as joints reach it (n,) [rad or m]."""
        if (np.abs(wanted - self._positions) > reach).any():
            # Some get there before others: then any order has to keep the coupled limits.
            wanted, _ = self._guard.on_the_way(wanted, (self._positions, self._positions))
        return self._positions + np.clip(wanted - self._positions, -reach, reach)

    def resting_points(self) -> Array:
        """Return targets (n,) [rad or m] with which the joints come to rest at once."""
        return self._motion.stopping_points() if self.approaching else self.positions

    def halt(self, duration: float) -> Array:
        """Return what to send the joints (n,) [rad or m] so that they stop."""
        if self.approaching:
            passed = min(max(duration, 0.0), LONGEST_STEP)
            self._positions = self._motion.step(self._motion.stopping_points(), passed).position
        return self.positions
