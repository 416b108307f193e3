# SPDX-License-Identifier: Apache-2.0
"""Servo that turns at a limited speed, and sinks while its torque is disabled."""

from __future__ import annotations

import time


class Servo:
    """A servo with a goal and a position [raw].

    Attributes:
        goal: Position that it holds or turns to while it has torque [raw].
        torque: Whether it has torque.
        fastest: Longest way to a goal that it was sent while it had torque [raw].
        registers: Other volatile registers that were written.
        bottom: Position that it sinks to while its torque is disabled [raw].
        sinking: Speed at which it sinks; 0 where it stays [raw/s].

    Args:
        position: Position at first [raw].
        speed: Highest speed [raw/s].
    """

    def __init__(self, position: float, speed: float = 6000.0) -> None:
        self.goal = position
        self.torque = False
        self.fastest = 0.0
        self.registers: dict[int, int] = {}
        self.bottom, self.sinking = position, 0.0
        self._speed = speed
        self._position = position
        self._time = time.monotonic()

    @property
    def position(self) -> float:
        """Current position [raw]."""
        now = time.monotonic()
        passed = now - self._time
        self._time = now
        target, speed = (self.goal, self._speed) if self.torque else (self.bottom, self.sinking)
        reach = speed * passed
        self._position += min(max(target - self._position, -reach), reach)
        return self._position

    def enable_torque(self, torque: bool) -> None:
        """Switch torque, where it is now."""
        # It has sunk, or turned, up to now.
        self.push(self.position)
        self.torque = torque

    def command(self, goal: float) -> None:
        """Set the goal; how far away it is, is remembered."""
        if self.torque:
            self.fastest = max(self.fastest, abs(goal - self.position))
        self.goal = goal

    def push(self, position: float) -> None:
        """Move it by hand."""
        self._position = position
        self._time = time.monotonic()

    def power_cycle(self) -> None:
        """Cut its power for a moment: it loses torque."""
        self.enable_torque(False)
        self.registers.clear()
