# SPDX-License-Identifier: Apache-2.0
"""What happens between commands and motors: connection, watchdog, stop, and soft returns."""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from x2c_actuation.drivers.driver import Health, MotorDriver
from x2c_actuation.drivers.settings import Rest
from x2c_actuation.errors import DriverError, Fault
from x2c_actuation.follower import Follower
from x2c_actuation.presence import Presence
from x2c_face.robot import Joint

Array = NDArray[np.float64]
Tell = Callable[[bool, str], None]

FIRST_RETRY = 0.5
"""Pause before a lost connection is tried for the first time [s]."""

LOST_AFTER = 0.5
"""Where no motor has answered for so long, the connection counts as lost [s]."""

HEALTH_PERIOD = 2.0
"""Time between two questions after the motors' health [s]."""


class Condition(enum.StrEnum):
    """What the motors are doing."""

    DISCONNECTED = "disconnected"
    """They cannot be reached."""
    LIMP = "limp"
    """They are reached and left alone: nothing was commanded, or not for long."""
    APPROACHING = "approaching"
    """They are on their way to the commanded pose, slowly."""
    FOLLOWING = "following"
    """They follow commands."""
    HOLDING = "holding"
    """Commands have stopped; they hold the last one."""
    STOPPED = "stopped"
    """An emergency stop; it has to be reset."""


@dataclass(frozen=True)
class Outcome:
    """What a tick did.

    Attributes:
        sent: (n,) positions that were really sent [rad or m]; None where nothing was. NaN for a
            joint that does not answer.
        read: (n,) positions that were read [rad or m], NaN where they cannot be told; None where
            nothing was read.
    """

    sent: Array | None = None
    read: Array | None = None


class MotorSession:
    """Keeps the motors of one robot at what is commanded, as long as that is safe.

    Never raises for anything that motors or their connection do. One thread ticks; commands, stops
    and resets may come from others. Times are seconds of a steady clock.

    Args:
        driver: Of the motors, not yet opened.
        joints: Of the robot.
        tell: Called with whether something is bad, and what it is, once each time it happens.
    """

    def __init__(self, driver: MotorDriver, joints: Sequence[Joint], tell: Tell) -> None:
        self.driver = driver
        self._settings = driver.settings
        self._names = tuple(joint.name for joint in joints)
        self._home = np.array([joint.home for joint in joints])
        self._follower = Follower(joints, self._settings.approach)
        self._presence = Presence(len(joints))
        self._tell = tell
        self._command: tuple[float, Array] | None = None
        self._last_sent = self._start = self._home
        self._limp = True
        self._last_tick: float | None = None
        self._retry, self._pause = 0.0, FIRST_RETRY
        self._stopping = False
        self.condition = Condition.DISCONNECTED
        self.trouble = ""
        self.health = Health()
        self.connections = 0

    @property
    def absent(self) -> tuple[str, ...]:
        """Names of joints whose motors do not answer while others do."""
        return tuple(self._names[joint] for joint in self._presence.absent)

    @property
    def limited(self) -> int:
        """How often a command was too far away to be passed on."""
        return self._follower.limited

    @property
    def stopping(self) -> bool:
        """Whether an emergency stop holds."""
        return self._stopping

    def command(self, positions: ArrayLike, now: float) -> None:
        """Take a command: positions (n,) [rad or m], NaN for joints that stay where they are."""
        self._command = (now, np.array(positions, dtype=np.float64))

    def stop(self) -> None:
        """Stop the motors at the next tick, and until `reset`."""
        self._stopping = True

    def reset(self) -> None:
        """End a stop; the motors come back to what is commanded from then on."""
        self._stopping = False
        self._command = None

    def tick(self, now: float) -> Outcome:
        """Do whatever is due."""
        duration = 0.0 if self._last_tick is None else now - self._last_tick
        self._last_tick = now
        try:
            if self.condition is Condition.DISCONNECTED:
                if now < self._retry:
                    return Outcome()
                return self._connect(now)
            read = self._look(now)
            sent = self._move(now, duration)
            self._ask_health(now)
        except DriverError as error:
            self._lose(error, now)
            return Outcome()
        return Outcome(sent, read)

    def end(self) -> None:
        """Leave the motors as they are to be left, and disconnect."""
        if self.condition is not Condition.DISCONNECTED:
            try:
                if self._settings.at_end is Rest.TORQUE_OFF:
                    self.driver.torque(False)
            except DriverError as error:
                self._tell(True, f"torque could not be taken off: {error}")
        self.driver.close()
        self.condition = Condition.DISCONNECTED
        self._retry = 0.0

    # Connection.

    def _connect(self, now: float) -> Outcome:
        try:
            self.driver.open()
            pose = self.driver.read()
            if self._stopping and self._settings.estop is Rest.TORQUE_OFF:
                self.driver.torque(False)
        except DriverError as error:
            if error.fault is not Fault.ABSENT:
                self.driver.close()
            self._try_later(error, now)
            return Outcome()
        self._presence.begin(np.isfinite(pose) | (not self.driver.measures), now)
        self._next_read, self._next_health = now, now
        self._answered = now
        self._limp = True
        self._pause = FIRST_RETRY
        self.connections += 1
        self.trouble = ""
        self.condition = Condition.STOPPED if self._stopping else Condition.LIMP
        missing = f"; no answer of {', '.join(self.absent)}" if self.absent else ""
        self._tell(bool(missing), f"connected to {self.driver.place}{missing}")
        return Outcome(read=pose)

    def _lose(self, error: DriverError, now: float) -> None:
        self.driver.close()
        self.condition = Condition.DISCONNECTED
        self.health = Health()
        self._try_later(error, now)

    def _try_later(self, error: DriverError, now: float) -> None:
        # Told once, not at each of many attempts.
        if str(error) != self.trouble:
            self._tell(True, str(error))
        self.trouble = str(error)
        self._retry = now + self._pause
        self._pause = min(2.0 * self._pause, self.driver.longest_retry)

    # Reading.

    def _look(self, now: float) -> Array | None:
        if now < self._next_read:
            return None
        self._next_read = max(self._next_read + 1.0 / self._settings.read_rate, now)
        asked = self._presence.to_ask(now)
        try:
            pose = self.driver.read(asked)
        except DriverError as error:
            if error.fault in (Fault.LOST, Fault.ABSENT) or now - self._answered > LOST_AFTER:
                raise DriverError(Fault.LOST, str(error)) from error
            return None
        self._answered = now
        if self.driver.measures:
            self._notice(pose, asked)
        return pose

    def _notice(self, pose: Array, asked: Sequence[int]) -> None:
        gone, back = self._presence.heard(np.isfinite(pose), asked)
        if gone:
            self._tell(True, f"no answer of {self._listed(gone)}; the other joints go on")
        if back:
            self._tell(False, f"{self._listed(back)} answers again")
            self._return(pose, back)

    def _return(self, pose: Array, joints: Sequence[int]) -> None:
        """Take joints in again that were away, perhaps without power, from where they are now."""
        if self.condition in (Condition.LIMP, Condition.STOPPED):
            return
        start = self._follower.positions
        start[list(joints)] = pose[list(joints)]
        self._start = np.where(np.isin(np.arange(len(pose)), joints), pose, self._start)
        self._follower.place(start)
        self._energise(start, joints)
        self.condition = Condition.APPROACHING

    def _listed(self, joints: Sequence[int]) -> str:
        form, addresses = self.driver.wire_form, self.driver.wires.addresses
        return ", ".join(f"{self._names[one]} ({form.key} {addresses[one]})" for one in joints)

    # Moving.

    def _move(self, now: float, duration: float) -> Array | None:
        if self._stopping:
            return self._hold_still(duration)
        if self.condition is Condition.STOPPED:
            self._next_read = now
            self.condition = Condition.LIMP
        command = self._command
        if command is None:
            return None if self.condition is Condition.LIMP else self._send_halt(duration)
        age = now - command[0]
        limit = self._settings.torque_off_after
        if self.condition is Condition.LIMP:
            if age > self._settings.hold_after:
                return None
            if not self._rise():
                return None
        elif self.driver.can_relax and limit and age > limit:
            self.driver.torque(False)
            self.condition = Condition.LIMP
            self._tell(True, f"no commands for {limit:g} s: the motors go limp")
            return None
        elif age > self._settings.hold_after:
            if self.condition is not Condition.HOLDING:
                self._tell(True, "commands have stopped: the motors hold")
            self.condition = Condition.HOLDING
            return self._send_halt(duration)
        targets = np.where(np.isfinite(command[1]), command[1], self._start)
        positions = self._follower.step(targets, duration)
        approaching = self._follower.approaching
        self.condition = Condition.APPROACHING if approaching else Condition.FOLLOWING
        return self._send(positions)

    def _hold_still(self, duration: float) -> Array | None:
        limp = self._settings.estop is Rest.TORQUE_OFF and self.driver.can_relax
        if self.condition is not Condition.STOPPED:
            was_limp = self.condition is Condition.LIMP
            if limp:
                self.driver.torque(False)
            self.condition = Condition.STOPPED
            self._limp = limp or was_limp
            self._tell(True, "emergency stop: the motors " + ("are limp" if limp else "hold"))
        return None if self._limp else self._send_halt(duration)

    def _rise(self) -> bool:
        """Begin to move, from where the joints are, or were sent last where nothing measures.

        Returns:
            False where it is not known where they are: then nothing is sent.
        """
        read = self.driver.read()
        if self.driver.measures and not np.isfinite(read[self._presence.mask]).all():
            return False
        start = np.where(np.isfinite(read), read, self._last_sent)
        self._follower.place(start)
        self._start = start
        self._energise(start, None)
        return True

    def _energise(self, start: Array, joints: Sequence[int] | None) -> None:
        # The goal first: a motor that gets its torque back goes to it at once.
        which = np.isin(np.arange(len(start)), range(len(start)) if joints is None else joints)
        self.driver.write(np.where(which & self._presence.mask, start, np.nan))
        self.driver.torque(True, None if joints is None else joints)

    def _send_halt(self, duration: float) -> Array:
        return self._send(self._follower.halt(duration))

    def _send(self, positions: Array) -> Array:
        sent = self.driver.write(np.where(self._presence.mask, positions, np.nan))
        self._last_sent = np.where(np.isfinite(sent), sent, self._last_sent)
        return sent

    def _ask_health(self, now: float) -> None:
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
