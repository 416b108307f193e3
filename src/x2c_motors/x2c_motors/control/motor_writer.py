# SPDX-License-Identifier: Apache-2.0
"""Sending of positions to those motors that may be sent any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from x2c_core.arrays import Array
from x2c_core.robot.robot import Joint
from x2c_motors.control.motor_link import MotorLink, Tell

_LONGEST_TICK = 0.02
"""Longest time between two commands in which joints count as moving on smoothly [s]."""


class MotorWriter:
    """Writer of positions to motors that have torque and stand inside their raw range.

    A motor that stands outside would be sent the nearest end of it, and go there as fast as it
    can: it is left alone until it stands inside.

    Attributes:
        last: (n,) positions that were really sent last [rad or m]; home before.
        known: Joints (n,) that were sent any.
        held: Motors (n,) that have torque and get positions.

    Args:
        link: Connection to the motors.
        joints: Joints of the motors.
        tell: Called with whether it is a fault, and a sentence.
    """

    def __init__(self, link: MotorLink, joints: Sequence[Joint], tell: Tell) -> None:
        self.last = np.array([joint.home for joint in joints])
        self.held = np.zeros(len(joints), bool)
        self.known = np.zeros(len(joints), bool)
        self._link, self._tell = link, tell
        # A joint whose torque is enabled may be that far from where it is sent: a tick's way, as
        # far as ticks are short.
        period = min(1.0 / link.driver.settings.rate, _LONGEST_TICK)
        self._slack = period * np.array([joint.velocity for joint in joints])
        self._outside = np.zeros(len(joints), bool)

    @property
    def outside(self) -> tuple[str, ...]:
        """Names of joints that are left alone, since they stand outside their raw range."""
        names = self._link.driver.calibration.names
        return tuple(names[joint] for joint in np.flatnonzero(self._outside))

    @property
    def sent(self) -> Mapping[str, float]:
        """Positions sent last [rad or m], by the names of their joints."""
        names = self._link.driver.calibration.names
        return {names[joint]: float(self.last[joint]) for joint in np.flatnonzero(self.known)}

    def remember(self, sent: Mapping[str, float]) -> None:
        """Take over what joints were sent last, before this writer.

        Args:
            sent: Positions [rad or m] by the names of joints; there may be others.
        """
        for joint, name in enumerate(self._link.driver.calibration.names):
            if name in sent:
                self.last[joint], self.known[joint] = sent[name], True

    def inside_again(self, positions: Array) -> NDArray[np.bool_]:
        """Return which joints (n,) that are left alone now stand (n,) inside their range."""
        return np.asarray(self._outside & np.isfinite(positions) & ~self._strays(positions))

    def enable_torque(self, joint: int, position: float) -> bool:
        """Let a joint hold where it is, if that is inside its range; returns whether it does.

        Args:
            joint: Its place.
            position: Position of the joint [rad or m].

        Raises:
            DriverError: It cannot be sent.
        """
        driver = self._link.driver
        where = np.full(len(self.held), np.nan)
        where[joint] = position
        self._outside[joint] = self._strays(where)[joint]
        if self._outside[joint]:
            self._tell(True, driver.outside(joint, position))
            return False
        driver.prepare([joint])
        # The goal first: a motor that gets its torque back goes to it at once.
        sent = driver.write(where)
        driver.torque(True, [joint])
        self.last[joint] = sent[joint]
        self.known[joint] = True
        self.held[joint] = True
        return True

    def release(self) -> None:
        """Send nothing to any joint until its torque is enabled again."""
        self.held[:] = False

    def send(self, positions: Array) -> Array:
        """Send positions (n,) [rad or m] and return what was really sent; NaN where nothing.

        Raises:
            DriverError: It cannot be sent.
        """
        sent = self._link.driver.write(np.where(self.held, positions, np.nan))
        self.last = np.where(np.isfinite(sent), sent, self.last)
        return sent

    def _strays(self, positions: Array) -> NDArray[np.bool_]:
        return self._link.driver.calibration.outside(positions, self._slack)
