# SPDX-License-Identifier: Apache-2.0
"""Sends positions to those motors that may be sent any."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from x2c_actuation.motor_link import MotorLink, Tell
from x2c_face.robot import Joint

Array = NDArray[np.float64]


class MotorWriter:
    """Sends positions to the motors that answer and stand inside their raw range.

    Whoever stands outside would be sent the nearest end of it, and go there as fast as it can: it
    is left alone until it stands inside.

    Attributes:
        last: (n,) positions that were really sent last [rad or m]; home before.

    Args:
        link: To the motors.
        joints: Of the robot.
        tell: Called with whether something is bad, and what it is.
    """

    def __init__(self, link: MotorLink, joints: Sequence[Joint], tell: Tell) -> None:
        self.last = np.array([joint.home for joint in joints])
        self._link, self._tell = link, tell
        # A joint that is energised may be that far from where it is sent: a tick's way.
        self._slack = np.array([joint.velocity for joint in joints]) / link.driver.settings.rate
        self._outside = np.zeros(len(joints), bool)

    @property
    def outside(self) -> tuple[str, ...]:
        """Names of joints that are left alone, since they stand outside their raw range."""
        names = self._link.driver.wires.names
        return tuple(names[joint] for joint in np.flatnonzero(self._outside))

    def inside_again(self, positions: Array) -> NDArray[np.bool_]:
        """Return which joints (n,) that are left alone now stand (n,) inside their range."""
        return np.asarray(self._outside & np.isfinite(positions) & ~self._strays(positions))

    def energise(self, start: Array, joints: NDArray[np.bool_]) -> None:
        """Let some joints (n,) hold where they are (n,) [rad or m], if that is inside their range.

        Raises:
            DriverError: It cannot be sent.
        """
        driver = self._link.driver
        stray = joints & self._strays(start)
        for joint in np.flatnonzero(stray):
            self._tell(True, driver.outside(joint, start[joint]))
        self._outside = np.where(joints, stray, self._outside)
        # The goal first: a motor that gets its torque back goes to it at once.
        which = joints & self._link.there & ~self._outside
        driver.write(np.where(which, start, np.nan))
        driver.torque(True, np.flatnonzero(which).tolist())

    def send(self, positions: Array) -> Array:
        """Send positions (n,) [rad or m] and return what was really sent; NaN where nothing.

        Raises:
            DriverError: It cannot be sent.
        """
        which = self._link.there & ~self._outside
        sent = self._link.driver.write(np.where(which, positions, np.nan))
        self.last = np.where(np.isfinite(sent), sent, self.last)
        return sent

    def _strays(self, positions: Array) -> NDArray[np.bool_]:
        return self._link.driver.wires.outside(positions, self._slack)
