# SPDX-License-Identifier: Apache-2.0
"""A servo that turns at a limited speed."""

from __future__ import annotations

import time


class Servo:
    """Where a servo is, and where it is told to be [raw].

    Attributes:
        registers: Other volatile registers that were written.

    Args:
        position: At first.
        speed: Highest [raw/s].
    """

    def __init__(self, position: float, speed: float = 6000.0) -> None:
        self.goal = position
        self.torque = False
        self.fastest = 0.0
        self.registers: dict[int, int] = {}
        self._speed = speed
        self._position = position
        self._time = time.monotonic()

    @property
    def position(self) -> float:
        """Where it is now."""
        now = time.monotonic()
        reach = self._speed * (now - self._time)
        self._time = now
        if self.torque:
            way = min(max(self.goal - self._position, -reach), reach)
            self._position += way
        return self._position

    def command(self, goal: float) -> None:
        """Tell it where to be; how far away that is, is remembered."""
        if self.torque:
            self.fastest = max(self.fastest, abs(goal - self.position))
        self.goal = goal

    def push(self, position: float) -> None:
        """Move it by hand."""
        self._position = position
        self._time = time.monotonic()

    def power_cycle(self) -> None:
        """Take its power away for a moment: it goes limp."""
        self.push(self.position)
        self.torque = False
        self.registers.clear()
