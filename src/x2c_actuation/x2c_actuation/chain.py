# SPDX-License-Identifier: Apache-2.0
"""From control values to the joint commands that are really sent."""

from __future__ import annotations

import enum
from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from x2c_actuation.mapping import JointMap
from x2c_actuation.slew import SlewLimiter
from x2c_face import controls
from x2c_face.frames import ControlFrame
from x2c_face.robot import Robot

Array = NDArray[np.float64]


class Mode(enum.Enum):
    """What the joints follow."""

    ENABLED = "enabled"
    """Control values."""
    DISABLED = "disabled"
    """Nothing: no command is made and the joints stay where they are."""
    NEUTRAL = "neutral"
    """The neutral face, until enabled or disabled again."""


@dataclass(frozen=True)
class JointCommand:
    """Positions for all joints of a robot.

    Attributes:
        names: Of the joints, in the robot's order.
        positions: (n,) [rad or m], inside the robot's limits.
        stamp: Of the camera image it answers, or the time it was made where there is none [ns].
    """

    names: tuple[str, ...]
    positions: Array
    stamp: int


class Chain:
    """Everything between control values and a motor driver; counts whatever it had to limit.

    The joints are taken to be at home at first. Times are nanoseconds of any one clock.

    Args:
        robot: Whose joints to move.
        joint_map: Turns control values into targets of that robot.
        mode: What the joints follow at first.
        now: Time from which they may move [ns].
    """

    def __init__(self, robot: Robot, joint_map: JointMap, mode: Mode, now: int) -> None:
        self._map = joint_map
        self._names = robot.joint_names
        self._home = robot.home
        self._motion = SlewLimiter(robot.home, [joint.velocity for joint in robot.joints], now)
        self._mode = mode
        self._arrived = False
        self.counts: Counter[str] = Counter()

    @property
    def mode(self) -> Mode:
        """What the joints follow."""
        return self._mode

    def switch(self, mode: Mode, now: int) -> None:
        """Let the joints follow something else from this time [ns] on, starting where they are."""
        self._mode = mode
        self._arrived = False
        self._motion.restart(now)

    def restart(self, now: int) -> None:
        """Count time from here [ns] on, as after a jump of the clock or a pause."""
        self._motion.restart(now)

    def follow(self, frame: ControlFrame, stamp: int, now: int) -> JointCommand | None:
        """Return the command for control values, or None where the joints do not follow them.

        Args:
            frame: The control values; finite, but they can be out of range.
            stamp: Of the camera image they come from [ns].
            now: The time [ns].

        Raises:
            ControlError: A value is NaN or infinite.
            TargetError: The robot's mixing makes something of them that is no number.
        """
        if self._mode is not Mode.ENABLED:
            return None
        targets = self._map.targets(frame.values)
        self._count("control out of range", controls.NAMES, targets.clamped_controls)
        self._count("position clamped", self._names, targets.clamped_joints)
        return self._move(targets.positions, stamp, now)

    def go_home(self, now: int) -> JointCommand | None:
        """Return the next command on the way to the neutral face.

        Returns:
            None where the joints do not follow the neutral face, or were sent all the way to it.
        """
        if self._mode is not Mode.NEUTRAL or self._arrived:
            return None
        command = self._move(self._home, now, now)
        self._arrived = np.array_equal(command.positions, self._home)
        return command

    def _move(self, targets: Array, stamp: int, now: int) -> JointCommand:
        positions, behind = self._motion.step(targets, now)
        self._count("velocity limited", self._names, behind)
        return JointCommand(self._names, positions, stamp)

    def _count(self, what: str, names: tuple[str, ...], which: NDArray[np.bool_]) -> None:
        for i in np.flatnonzero(which):
            self.counts[f"{what}: {names[i]}"] += 1
