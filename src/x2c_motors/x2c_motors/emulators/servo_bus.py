# SPDX-License-Identifier: Apache-2.0
"""Servos with ids on one serial bus."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Self

from x2c_motors.emulators.pty_bus import PtyBus
from x2c_motors.emulators.servo import Servo


class ServoBus(PtyBus):
    """A bus of servos.

    Attributes:
        servos: Servos by id.
        unplugged: Ids of servos that neither hear nor answer.

    Args:
        link: Path of a symbolic link to the terminal.
        ids: Ids of the servos.
        start: Position of all servos at first [raw].
    """

    def __init__(self, link: Path, ids: Iterable[int], start: float = 2048) -> None:
        super().__init__(link)
        self.servos = {one: Servo(float(start)) for one in ids}
        self.unplugged: set[int] = set()

    @classmethod
    def with_addresses(cls, link: Path, addresses: range) -> Self:
        """Return a bus with one servo for each id."""
        return cls(link, addresses)

    def power_cycle(self, ids: Iterable[int] | None = None) -> None:
        """Take the power of some servos, or of all, away for a moment: torque is disabled.

        Args:
            ids: Ids of the servos; None for all.
        """
        for one in self.servos if ids is None else ids:
            self.servos[one].power_cycle()

    def reachable(self, address: int) -> bool:
        """Return whether a servo has this id and is plugged in."""
        return address in self.servos and address not in self.unplugged
