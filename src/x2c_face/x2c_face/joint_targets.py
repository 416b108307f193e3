# SPDX-License-Identifier: Apache-2.0
"""Named joint commands, possibly of some joints only, collected into one target for all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from x2c_face.errors import JointCommandError
from x2c_face.robot import Robot

Array = NDArray[np.float64]

_ROUNDING = 1e-9


class JointTargets:
    """Where all joints of a robot shall go, after whatever was commanded so far.

    Attributes:
        positions: (n,) inside the robot's limits [rad or m]; replaced as a whole by each command.
        clamped: How often each joint was commanded past its limits, by name.

    Args:
        robot: Whose joints are commanded.
        start: (n,) their targets before any command, NaN for none [rad or m]; home where None.
    """

    def __init__(self, robot: Robot, start: Array | None = None) -> None:
        self._index = {name: i for i, name in enumerate(robot.joint_names)}
        self._lower = robot.lower
        self._upper = robot.upper
        self.positions: Array = robot.home if start is None else start
        self.clamped: Counter[str] = Counter()

    def command(self, names: Sequence[str], positions: Sequence[float]) -> tuple[str, ...]:
        """Take a command for the joints named; the others keep their targets.

        Args:
            names: Of joints, in any order.
            positions: One for each name [rad or m].

        Returns:
            The names that no joint of the robot has; they are ignored.

        Raises:
            JointCommandError: There is not one finite position for each name; no joint is moved.
        """
        if len(positions) != len(names):
            raise JointCommandError(
                f"expected one position for each of {len(names)} names, got {len(positions)}"
            )
        bad = [
            f"{name}={position}"
            for name, position in zip(names, positions, strict=True)
            if not np.isfinite(position)
        ]
        if bad:
            raise JointCommandError(f"joint positions must be finite, got {', '.join(bad)}")
        wanted = self.positions.copy()
        unknown = []
        for name, position in zip(names, positions, strict=True):
            index = self._index.get(name)
            if index is None:
                unknown.append(name)
            else:
                wanted[index] = position
        inside = np.clip(wanted, self._lower, self._upper)
        for index in np.flatnonzero(np.abs(wanted - inside) > _ROUNDING):
            self.clamped[list(self._index)[index]] += 1
        self.positions = inside
        return tuple(unknown)
