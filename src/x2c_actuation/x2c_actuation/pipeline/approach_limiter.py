# SPDX-License-Identifier: Apache-2.0
"""Pass joint commands on as they come, and come back softly to those that are far away."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from x2c_actuation.pipeline.coupling_guard import CouplingGuard
from x2c_actuation.pipeline.motion import JointMotion
from x2c_actuation.pipeline.motion_limits import MotionLimits
from x2c_core.arrays import Array, Indices
from x2c_core.robot.coupling import CoupledLimit
from x2c_core.robot.robot import Joint

FAR = 0.2
"""A target further away than a joint's way in this time at its highest speed is come to [s]."""

NEAR = 0.02
"""Closer than the way of this time at the highest speed, a joint follows again [s]."""

LONGEST_STEP = 0.1
"""However much time has passed, joints move no further than in this time [s]."""

_ROUNDING = 1e-9
"""A joint counts as where it is wanted though rounding keeps it so far away [rad or m]."""


class ApproachLimiter:
    """Decide what motors are sent, from where they are and what is commanded.

    Commands that are smooth, as actuation_node's are, pass unchanged: smoothing them once more
    would only delay them. No joint is ever sent further in a step than its highest speed allows.
    A joint that is somewhere else than commanded, as after a lost connection, comes to the
    commanded position inside all limits, and these lowered, while the others go on. Coupled limits
    are kept all the while, whenever each part moves.

    Attributes:
        approaching: (n,) joints on their way to the commanded position.
        limited: Number of commands that were too far away to be passed on.

    Args:
        joints: Joints that follow.
        share: Share of their limits of velocity, acceleration and jerk, for coming back.
        coupled_limits: Limits among them.
        parts: Places of the joints of each part, which moves at times of its own; all joints
            are one part where None.
    """

    def __init__(
        self,
        joints: Sequence[Joint],
        share: float,
        coupled_limits: Sequence[CoupledLimit] = (),
        parts: Sequence[Indices] | None = None,
    ) -> None:
        limits = MotionLimits.of(joints)
        self._velocity = limits.velocity
        self._lower, self._upper = limits.lower, limits.upper
        self._parts = [np.arange(len(joints))] if parts is None else list(parts)
        self._motions = [
            JointMotion(MotionLimits.of([joints[place] for place in part]).slowed(share), 0.01)
            for part in self._parts
        ]
        self._guard = CouplingGuard(coupled_limits)
        self._tied = tied(len(joints), coupled_limits)
        self.limited = 0
        self.approaching = np.ones(len(joints), bool)
        self._positions = np.array([joint.home for joint in joints], dtype=np.float64)
        self.place(self._positions)

    @property
    def positions(self) -> Array:
        """(n,) what the joints were sent last [rad or m]."""
        return self._positions.copy()

    def place(self, positions: ArrayLike, places: Indices | None = None) -> None:
        """Let joints start from where they are, at rest; the others go on as they were.

        Args:
            positions: Positions of the joints (k,) [rad or m].
            places: Their places (k,); all where None.
        """
        at = np.arange(len(self._positions)) if places is None else places
        self._positions[at] = positions
        which = np.zeros(len(self._positions), bool)
        which[at] = True
        self._come_back(which)

    def step(
        self,
        targets: ArrayLike,
        duration: float,
        part: int = 0,
        resting: NDArray[np.bool_] | None = None,
    ) -> Array:
        """Move the joints of one part on, and return what was sent to all last (n,) [rad or m].

        Args:
            targets: (n,) where they are commanded to be [rad or m].
            duration: Time since the last step of this part [s].
            part: Index of the part.
            resting: (n,) joints that come to rest instead; none where None.
        """
        places = self._parts[part]
        passed = min(max(duration, 0.0), LONGEST_STEP)
        rests = np.zeros(len(self._positions), bool) if resting is None else resting
        rest = self._resting_points() if rests.any() else self._positions
        inside = np.clip(np.asarray(targets, dtype=np.float64), self._lower, self._upper)
        allowed = self._guard.allowed(np.where(rests, rest, inside))
        # A joint that rests is moved by no limit: the joints that limit it wait for it.
        wanted = np.where(rests, rest, allowed)
        moving = np.zeros(len(rests), bool)
        moving[places] = True
        self._notice_far(wanted, moving & ~rests, passed)
        way, corridor = self._on_the_way(wanted, np.where(moving, self._velocity * passed, 0.0))
        way = np.where(rests, rest, way)
        self._move(part, way, passed, None if rests[places].all() else corridor)
        coming = self.approaching & moving & ~rests
        if (np.abs(wanted - self._positions) <= NEAR * self._velocity)[coming].all():
            self.approaching &= ~coming
        return self.positions

    def halt(self, duration: float, part: int = 0) -> Array:
        """Return what to send the joints (n,) [rad or m] so that those of one part stop."""
        resting = np.zeros(len(self._positions), bool)
        resting[self._parts[part]] = True
        return self.step(self._positions, duration, part, resting)

    def _come_back(self, which: NDArray[np.bool_]) -> None:
        """Let some joints (n,) begin at rest to come to where they are commanded to be."""
        self.approaching |= which
        for places, motion in zip(self._parts, self._motions, strict=True):
            if which[places].any():
                motion.place(which[places], self._positions[places])

    def _notice_far(self, wanted: Array, which: NDArray[np.bool_], passed: float) -> None:
        """Let joints come softly where one is far away; those that reach their targets go on."""
        gap = np.abs(wanted - self._positions) / self._velocity
        late = which & ~self.approaching & (gap > passed + _ROUNDING)
        if gap[late].max(initial=0.0) > FAR:
            self.limited += 1
            self._come_back(late)

    def _on_the_way(self, wanted: Array, reach: Array) -> tuple[Array, tuple[Array, Array] | None]:
        """Return where joints may be sent now (n,), and the corridor that holds them."""
        late = self.approaching | (np.abs(wanted - self._positions) > reach + _ROUNDING)
        if not late.any():
            return wanted, None
        # Some get there before others: then any order has to keep the coupled limits.
        way, corridor = self._guard.on_the_way(wanted, self._reach())
        return np.where(late | (self._tied & late).any(axis=1), way, wanted), corridor

    def _move(
        self, part: int, way: Array, passed: float, corridor: tuple[Array, Array] | None
    ) -> None:
        places, motion = self._parts[part], self._motions[part]
        coming = self.approaching[places]
        start, goal = self._positions[places], way[places]
        reach = self._velocity[places] * passed
        follows = start + np.clip(goal - start, -reach, reach)
        if coming.any():
            if corridor is not None:
                low, high = (ends[places] for ends in corridor)
                corridor = np.where(coming, low, -np.inf), np.where(coming, high, np.inf)
            state = motion.step(np.where(coming, goal, motion.targets), passed, corridor)
            follows = np.where(coming, state.position, follows)
        self._positions[places] = follows

    def _reach(self) -> Array:
        """Return lowest and highest positions (2, n) on the way that the joints are on."""
        ends = np.array([self._positions, self._positions])
        for places, motion in zip(self._parts, self._motions, strict=True):
            coming = self.approaching[places]
            ends[:, places] = np.where(coming, motion.reach, ends[:, places])
        return ends

    def _resting_points(self) -> Array:
        """Return targets (n,) with which the joints come to rest at once [rad or m]."""
        points = self.positions
        for places, motion in zip(self._parts, self._motions, strict=True):
            coming = self.approaching[places]
            if coming.any():
                points[places] = np.where(coming, motion.stopping_points(), points[places])
        return points


def tied(count: int, limits: Sequence[CoupledLimit]) -> NDArray[np.bool_]:
    """Return for each joint (n, n) those that its limits depend on, by way of others too."""
    ties = np.eye(count, dtype=bool)
    for limit in limits:
        ties[limit.joint, limit.by] = ties[limit.by, limit.joint] = True
    for _ in range(max(count.bit_length(), 1)):
        ties = ties @ ties
    return ties & ~np.eye(count, dtype=bool)
