# SPDX-License-Identifier: Apache-2.0
"""Named joint commands, possibly of some joints only, collected into one target for all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from x2c_core.arrays import Array
from x2c_core.errors import JointCommandError
from x2c_core.files.entries import shown
from x2c_core.robot.robot import Robot

_ROUNDING = 1e-9
_MOST_NAMES, _LONGEST_NAME = 50, 80

MOST_JOINTS = 100_000
"""Most joints that one message names: to look at each of a million takes seconds."""


class UnknownNames:
    """Names in commands that no joint has: each is reported once, up to a number and length.

    A publisher can send other names with every message, of any length.
    """

    def __init__(self) -> None:
        self._names: set[str] = set()

    def report(self, names: Sequence[str]) -> str:
        """Return all names so far where there is a new one; empty where there is none.

        Args:
            names: Names in one command that no joint has.
        """
        before = len(self._names)
        for name in names:
            if before >= _MOST_NAMES or len(self._names) >= _MOST_NAMES:
                break
            self._names.add(name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}...")
        if len(self._names) == before:
            return ""
        more = " and more" if len(self._names) >= _MOST_NAMES else ""
        return ", ".join(sorted(self._names)) + more


class JointTargets:
    """Target positions of all joints of a robot, after all commands so far.

    Attributes:
        positions: (n,) inside the robot's limits [rad or m]; replaced as a whole by each command.
        clamped: Number of commands past its limits for each joint, by name.

    Args:
        robot: Robot that has the joints.
        start: (n,) their targets before any command, NaN for none [rad or m]; home where None.
    """

    def __init__(self, robot: Robot, start: Array | None = None) -> None:
        self._index = {name: i for i, name in enumerate(robot.joint_names)}
        self._lower = robot.lower
        self._upper = robot.upper
        self.positions: Array = robot.home if start is None else start
        self.clamped: Counter[str] = Counter()
        self._order: tuple[list[str], NDArray[np.int64]] = [], np.zeros(0, dtype=np.int64)

    def command(self, names: Sequence[str], positions: Sequence[float]) -> tuple[str, ...]:
        """Take a command for the joints named; the others keep their targets.

        Args:
            names: Names of joints, in any order.
            positions: One for each name [rad or m].

        Returns:
            The names that no joint of the robot has; they are ignored.

        Raises:
            JointCommandError: There is not one finite position for each name, a joint is named
                twice, or there are too many names; no joint is moved.
        """
        if len(names) > MOST_JOINTS:
            raise JointCommandError(f"expected at most {MOST_JOINTS} names, got {len(names)}")
        if len(positions) != len(names):
            raise JointCommandError(
                f"expected one position for each of {len(names)} names, got {len(positions)}"
            )
        given = np.asarray(positions, dtype=np.float64)
        finite = np.isfinite(given)
        if not finite.all():
            bad = [f"{names[i]}={positions[i]}" for i in np.flatnonzero(~finite)]
            raise JointCommandError(f"joint positions must be finite, got {shown(bad)[1:-1]}")
        wanted = self.positions.copy()
        unknown: tuple[str, ...] = ()
        if names == self._order[0]:
            wanted[self._order[1]] = given
        else:
            places, here, unknown = self._places(names)
            wanted[places] = given[here]
            if not unknown:
                # Most commands are of the same joints as the one before.
                self._order = list(names), places
        inside = np.minimum(np.maximum(wanted, self._lower), self._upper)
        outside = np.abs(wanted - inside) > _ROUNDING
        if outside.any():
            for index in np.flatnonzero(outside):
                self.clamped[list(self._index)[index]] += 1
        self.positions = inside
        return unknown

    def _places(
        self, names: Sequence[str]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], tuple[str, ...]]:
        """Return the places of joints in the robot and in a command, and the unknown names.

        Raises:
            JointCommandError: A joint is named twice.
        """
        commanded: dict[int, int] = {}
        unknown = []
        for here, name in enumerate(names):
            index = self._index.get(name)
            if index is None:
                unknown.append(name)
            elif index in commanded:
                raise JointCommandError(f"expected each joint once, got {name} again")
            else:
                commanded[index] = here
        found = np.array(list(commanded.items()), dtype=np.int64).reshape(-1, 2)
        return found[:, 0], found[:, 1], tuple(unknown)
