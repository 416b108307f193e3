# SPDX-License-Identifier: Apache-2.0
"""Connection to motors: restored after a loss, with a check of which motors answer."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from x2c_core.arrays import Array
from x2c_motors.control.motor_responsiveness import MotorResponsiveness
from x2c_motors.drivers.driver import MotorDriver
from x2c_motors.drivers.reports import Health, MotorState
from x2c_motors.errors import DriverError, Fault

Tell = Callable[[bool, str], None]

FIRST_RETRY = 0.5
"""Pause before a lost connection is tried for the first time [s]."""

LOST_AFTER = 0.5
"""Time without an answer of any motor after which the connection counts as lost [s]."""

HEALTH_PERIOD = 2.0
"""Time between two questions after the motors' health [s]."""


@dataclass(frozen=True)
class Reading:
    """Positions of motors.

    Attributes:
        positions: Positions (n,) [rad or m], NaN if unknown.
        missed: Places of those that were asked, twice, and did not answer.
    """

    positions: Array
    missed: tuple[int, ...] = ()


class MotorLink:
    """Persistent connection of a driver; each event is reported once, however long it lasts.

    Times are seconds of a steady clock.

    Attributes:
        connected: Whether the motors are reached.
        connections: Number of connections made.
        trouble: Reason for no connection; empty if connected.
        health: Last health report of the motors.

    Args:
        driver: Not yet opened.
        tell: Called with whether it is a fault, and a sentence.
    """

    def __init__(self, driver: MotorDriver, tell: Tell) -> None:
        self.driver = driver
        self.connected = False
        self.connections = 0
        self.trouble = ""
        self.health = Health()
        self._tell = tell
        self._responsiveness = MotorResponsiveness(len(driver.calibration))
        self._silence = ""
        self._retry, self._pause = -np.inf, FIRST_RETRY

    @property
    def there(self) -> NDArray[np.bool_]:
        """(n,) which motors answer."""
        return self._responsiveness.mask

    @property
    def absent(self) -> tuple[str, ...]:
        """Names of joints whose motors do not answer while others do."""
        return tuple(self.driver.calibration.names[place] for place in self._responsiveness.absent)

    def connect(self, now: float, prepare: Callable[[], None]) -> Reading | None:
        """Connect, if it is time to try; returns where the motors are if that succeeds.

        Args:
            now: The time [s].
            prepare: Function that prepares the motors at once; may raise DriverError.
        """
        if now < self._retry:
            return None
        try:
            self.open(prepare)
            pose = self.driver.read()
        except DriverError as error:
            if error.fault is not Fault.ABSENT:
                self.driver.close()
            self._try_later(error, now)
            return None
        self._responsiveness.begin(np.isfinite(pose) | (not self.driver.measures), now)
        self._next_read = self._next_health = self._answered = now
        self._pause, self._silence = FIRST_RETRY, ""
        self.connected = True
        self.connections += 1
        self.trouble = ""
        missing = f"; no answer of {', '.join(self.absent)}" if self.absent else ""
        self._tell(bool(missing), f"connected to {self.driver.place}{missing}")
        return Reading(pose)

    def open(self, prepare: Callable[[], None]) -> None:
        """Open the driver, and do something to the motors before anything is asked of them.

        A motor is stopped even if it does not answer.

        Raises:
            DriverError: The motors cannot be reached.
        """
        try:
            self.driver.open()
        except DriverError as error:
            # The port is open then, and no motor answers.
            if error.fault is Fault.SILENT:
                prepare()
            raise
        prepare()

    def hurry(self) -> None:
        """Let `connect` try again at once, and then as often as at first."""
        self._retry, self._pause = -np.inf, FIRST_RETRY

    def lose(self, error: DriverError, now: float) -> None:
        """Give the connection up for now."""
        self.close()
        self._try_later(error, now)

    def close(self) -> None:
        """Disconnect; `connect` may try again at once."""
        self.driver.close()
        self.connected = False
        self.health = Health()
        self._retry = -np.inf

    def look(self, now: float) -> Reading | None:
        """Return where the motors are, if it is time to ask and they answer.

        Raises:
            DriverError: The connection is lost.
        """
        if now < self._next_read:
            return None
        self._next_read = max(self._next_read + 1.0 / self.driver.settings.read_rate, now)
        asked = self._responsiveness.to_ask(now)
        pose = self._read(asked, now)
        if not self.driver.measures:
            return None if pose is None else Reading(pose)
        if pose is None:
            return Reading(np.full(len(self.there), np.nan), asked)
        gone, back = self._responsiveness.heard(np.isfinite(pose), asked)
        if gone:
            self._tell(True, f"no answer of {self.named(gone)}; the other joints go on")
        if back:
            self._tell(False, f"{self.named(back)} answers again")
        return Reading(pose, tuple(joint for joint in asked if np.isnan(pose[joint])))

    def position(self, joint: int) -> float:
        """Return where a motor is [rad or m]; NaN where it does not answer.

        Raises:
            DriverError: The connection is lost.
        """
        pose = self._ask([joint])
        return math.nan if pose is None else float(pose[joint])

    def check(self, joints: Collection[int]) -> Mapping[int, MotorState]:
        """Return whether motors still hold, without those that do not answer.

        Raises:
            DriverError: The connection is lost.
        """
        if not joints:
            return {}
        try:
            return self.driver.check(list(joints))
        except DriverError as error:
            if error.fault in (Fault.LOST, Fault.ABSENT):
                raise
            return {}

    def named(self, joints: Sequence[int]) -> str:
        """Return names and addresses of joints, for users."""
        form, calibration = self.driver.address_form, self.driver.calibration
        return ", ".join(
            f"{calibration.names[one]} ({form.key} {calibration.addresses[one]})" for one in joints
        )

    def _read(self, joints: Sequence[int], now: float) -> Array | None:
        """Return where motors are, (n,) [rad or m]; those that do not answer are asked twice."""
        # Those that were silent already are not worth a second wait.
        known = self._responsiveness.heard_last & (not self._silence)
        pose = self._ask(joints)
        silent = [one for one in joints if known[one] and (pose is None or np.isnan(pose[one]))]
        if silent and self.driver.measures:
            again = self._ask(silent)
            if again is not None:
                pose = again if pose is None else np.where(np.isfinite(again), again, pose)
        if pose is not None:
            self._answered, self._silence = now, ""
            return pose
        if now - self._answered > LOST_AFTER:
            raise DriverError(Fault.LOST, self._silence)
        return None

    def _ask(self, joints: Sequence[int]) -> Array | None:
        try:
            return self.driver.read(joints)
        except DriverError as error:
            if error.fault in (Fault.LOST, Fault.ABSENT):
                raise DriverError(Fault.LOST, str(error)) from error
            self._silence = str(error)
            return None

    def ask_health(self, now: float) -> None:
        """Ask the motors how they are, if it is time to.

        Raises:
            DriverError: The connection is lost.
        """
        if now < self._next_health:
            return
        self._next_health = now + HEALTH_PERIOD
        try:
            health = self.driver.health()
        except DriverError as error:
            if error.fault is Fault.LOST:
                raise
            return
        for warning in set(health.warnings) - set(self.health.warnings):
            self._tell(True, warning)
        self.health = health

    def _try_later(self, error: DriverError, now: float) -> None:
        if str(error) != self.trouble:
            self._tell(True, str(error))
        self.trouble = str(error)
        self._retry = now + self._pause
        self._pause = min(2.0 * self._pause, self.driver.longest_retry)
