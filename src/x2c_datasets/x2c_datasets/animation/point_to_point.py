# SPDX-License-Identifier: Apache-2.0
"""Move a robot's joints from one pose to the next, within every limit of motion they have."""

from __future__ import annotations

import numpy as np

from x2c_core.arrays import Array
from x2c_core.easing import minimum_jerk
from x2c_core.robot.robot import Robot

_SPEED = 0.5
"""Share of the joints' limits that is used, since there is no hurry."""

# Of the motion with the least jerk, over a way of 1 in a time of 1.
_PEAK_VELOCITY, _PEAK_ACCELERATION, _PEAK_JERK = 1.875, 5.774, 60.0


class PointToPointMotion:
    """A motion of all joints that begin and arrive together, at rest.

    Attributes:
        duration: Duration [s].

    Args:
        robot: Robot that has the joints.
        start: (n,) positions [rad or m].
        target: (n,) positions [rad or m]; brought into the joints' limits.
    """

    def __init__(self, robot: Robot, start: Array, target: Array) -> None:
        self._start = start
        self._way = np.clip(target, robot.lower, robot.upper) - start
        way = np.abs(self._way)
        velocity, acceleration, jerk = (
            _SPEED * np.array([getattr(joint, name) for joint in robot.joints])
            for name in ("velocity", "acceleration", "jerk")
        )
        needed = (
            _PEAK_VELOCITY * way / velocity,
            np.sqrt(_PEAK_ACCELERATION * way / acceleration),
            np.cbrt(_PEAK_JERK * way / jerk),
        )
        self.duration = float(np.max(needed, initial=0.0))

    def positions(self, passed: float) -> Array:
        """Return where the joints (n,) [rad or m] should be when a time has passed [s]."""
        if passed >= self.duration:
            return np.asarray(self._start + self._way)
        return np.asarray(self._start + self._way * minimum_jerk(np.array(passed / self.duration)))
