# SPDX-License-Identifier: Apache-2.0
"""Control of motors between commands and bus: watchdog, stop, and soft returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from x2c_core.arrays import Array
from x2c_core.robot.robot import Joint
from x2c_motors.control.motion_group import MotionGroup, MotionPart
from x2c_motors.control.motor_condition import Condition, TickOutcome
from x2c_motors.control.motor_custody import MotorCustody
from x2c_motors.control.motor_link import MotorLink, Tell
from x2c_motors.control.motor_writer import MotorWriter
from x2c_motors.description.settings import StopAction
from x2c_motors.drivers.driver import MotorDriver
from x2c_motors.errors import DriverError

RELAX_PERIOD = 0.25
"""Period at which disabling torque is repeated after a stop, since no motor acknowledges it [s].
"""

REPETITIONS = 3
"""Number of repetitions at once where nothing repeats it later."""


class MotorController:
    """Keep the motors of one robot at what is commanded, as long as that is safe.

    Never raises for anything that motors or their connection do. One thread ticks; commands, stops
    and resets may come from others. Times are seconds of a steady clock.

    Attributes:
        link: Connection to the motors.

    Args:
        driver: Driver of the motors, not yet opened.
        joints: Joints of the robot.
        tell: Called with whether it is a fault, and a sentence, once each time it happens.
        motion: Motion of these joints, where others depend on them; their own where None.
        sent: Positions that joints were sent last by a controller before [rad or m], by name.
    """

    def __init__(
        self,
        driver: MotorDriver,
        joints: Sequence[Joint],
        tell: Tell,
        motion: MotionPart | None = None,
        sent: Mapping[str, float] | None = None,
    ) -> None:
        self.link = MotorLink(driver, tell)
        self._driver = driver
        self._settings = driver.settings
        self._motion = motion or MotionGroup(joints, self._settings.approach).parts[0]
        self._tell = tell
        self._command: tuple[float, Array] | None = None
        self._writer = MotorWriter(self.link, joints, tell)
        self._writer.remember(sent or {})
        self._custody = MotorCustody(self.link, self._writer, tell)
        self._start = self._writer.last
        self._last_tick: float | None = None
        self._stopping = self._urgent = False
        self._relax_next = -np.inf
        # Nothing is sent, since then; whether the motors hold is another matter.
        self._idle, self._idle_since = True, -np.inf
        self._condition = Condition.UNTOUCHED

    @property
    def condition(self) -> Condition:
        """State of the motors."""
        return self._condition if self.link.connected else Condition.DISCONNECTED

    @property
    def sent(self) -> Mapping[str, float]:
        """Positions that joints were sent last [rad or m], by name."""
        return self._writer.sent

    @property
    def limited(self) -> int:
        """Number of commands that were too far away to be passed on."""
        return self._motion.limited

    @property
    def outside(self) -> tuple[str, ...]:
        """Names of joints that are left alone, since they stand outside their raw range."""
        return () if self._idle else self._writer.outside

    @property
    def frozen(self) -> tuple[str, ...]:
        """Names of joints that stay, since nothing holds one that their limits depend on."""
        names = self._driver.calibration.names
        return tuple(names[joint] for joint in np.flatnonzero(self._motion.frozen))

    @property
    def refused(self) -> tuple[str, ...]:
        """Sentences on motors that cannot be given torque."""
        return self._custody.refused

    @property
    def returned(self) -> Mapping[str, int]:
        """Number of times that joints got their torque back after a loss, by name."""
        return self._custody.returned

    @property
    def returns_softly(self) -> bool:
        """True if motors return from a stop without a jump, since their positions are known."""
        return self._driver.measures or not self._relaxes

    def command(self, positions: ArrayLike, now: float) -> None:
        """Take a command: positions (n,) [rad or m], NaN for joints that stay where they are."""
        self._command = (now, np.array(positions, dtype=np.float64))

    def stop(self) -> bool:
        """Stop the motors at the next tick, and until `reset`; returns whether that is new."""
        new = not self._stopping
        # Pressing on is no reason to try again at once what has just failed.
        self._urgent = self._urgent or new
        self._stopping = True
        return new

    def stop_unattended(self) -> None:
        """Execute a stop while no thread ticks: motors may have been left holding."""
        if not self._relaxes:
            return
        try:
            self.link.open(self._relax_for_good)
            self._tell(True, "emergency stop: torque is disabled")
        except DriverError as error:
            self._tell(True, f"emergency stop: torque could not be taken off: {error}")
        finally:
            self.link.close()

    def reset(self) -> None:
        """End a stop; the motors come back to what is commanded from then on."""
        self._stopping = False
        self._command = None

    def tick(self, now: float) -> TickOutcome:
        """Do whatever is due."""
        outcome = self._tick(now)
        self._motion.note_held(self._writer.held, now)
        return outcome

    def _tick(self, now: float) -> TickOutcome:
        duration = 0.0 if self._last_tick is None else now - self._last_tick
        self._last_tick = now
        stopping = self._stopping
        if not self.link.connected:
            return self._connect(now)
        try:
            # Before anything is asked: to be stopped, motors need not be heard.
            if stopping:
                self._stop_motors(now)
            reading = self.link.look(now)
            if reading is not None and not self._idle:
                self._custody.look(reading, now)
            sent = self._halt(now, duration) if stopping else self._move(now, duration)
            self.link.ask_health(now)
        except DriverError as error:
            self.link.lose(error, now)
            self._custody.end()
            return TickOutcome()
        return TickOutcome(sent, None if reading is None else reading.positions)

    def end(self) -> None:
        """Leave the motors as they are to be left, and disconnect."""
        disables = self._settings.at_end is StopAction.TORQUE_OFF or (
            self._stopping and self._relaxes
        )
        if self.link.connected and disables:
            try:
                self._relax_for_good()
            except DriverError as error:
                self._tell(True, f"torque could not be taken off: {error}")
        self.link.close()

    def _connect(self, now: float) -> TickOutcome:
        if self._urgent:
            self._urgent = False
            self.link.hurry()
        reading = self.link.connect(now, lambda: self._relax_if_stopped(now))
        if reading is None:
            return TickOutcome()
        self._stay_idle(Condition.STOPPED if self._stopping else Condition.UNTOUCHED, now)
        return TickOutcome(read=reading.positions)

    @property
    def _relaxes(self) -> bool:
        """True if a stop disables the motors' torque."""
        return self._settings.estop is StopAction.TORQUE_OFF and self._driver.can_disable_torque

    def _relax_if_stopped(self, now: float) -> None:
        if self._stopping and self._relaxes:
            self._relax_next = now + RELAX_PERIOD
            self._driver.torque(False)

    def _relax_for_good(self) -> None:
        # None of them acknowledges it, and a packet can be lost.
        for _ in range(REPETITIONS):
            self._driver.torque(False)

    def _take_in(self, now: float) -> bool:
        """Take in the next motor that waits for it; returns whether any waits still."""
        taken = self._custody.take_next(now)
        if taken is not None:
            joint, position = taken
            self._start[joint] = position
            self._motion.place_one(joint, position)
        return self._custody.taking_in(now)

    def _move(self, now: float, duration: float) -> Array | None:
        if self._condition is Condition.STOPPED:
            self._stay_idle(
                Condition.TORQUE_DISABLED if self._relaxes else Condition.UNTOUCHED, now
            )
        command = self._command
        age = np.inf if command is None else now - command[0]
        if self._idle:
            if age > self._settings.hold_after:
                self._let_go(min(age, now - self._idle_since), now)
                return None
            self._start_motion()
        # What was sent something was commanded, and only a stop takes that back.
        if command is None:
            return self._halt(now, duration)
        if age > self._settings.hold_after:
            return self._wait(age, now, duration)
        # Those that wait for it rest; the others go on.
        waits = self._take_in(now)
        targets = np.where(np.isfinite(command[1]), command[1], self._start)
        positions = self._motion.step(targets, duration, now)
        approaching = waits or self._motion.approaching
        self._condition = Condition.APPROACHING if approaching else Condition.FOLLOWING
        return self._writer.send(positions)

    def _wait(self, age: float, now: float, duration: float) -> Array | None:
        """Hold while no commands come, and disable torque when none come for long."""
        if self._let_go(age, now):
            return None
        if self._condition is not Condition.HOLDING:
            self._tell(True, "commands have stopped: the motors hold")
        self._condition = Condition.HOLDING
        return self._halt(now, duration)

    def _let_go(self, quiet: float, now: float) -> bool:
        """Disable torque after a long time without commands [s]; return whether it did so."""
        limit = self._settings.torque_off_after
        too_long = self._driver.can_disable_torque and limit and quiet > limit
        if not too_long or self._condition is Condition.TORQUE_DISABLED:
            return False
        self._relax_for_good()
        self._stay_idle(Condition.TORQUE_DISABLED, now)
        self._tell(True, f"no commands for {limit:g} s: torque is disabled")
        return True

    def _stay_idle(self, condition: Condition, now: float) -> None:
        """Send nothing until there is a command."""
        self._condition = condition
        self._idle, self._idle_since = True, now
        self._custody.end()

    def _stop_motors(self, now: float) -> None:
        if self._condition is not Condition.STOPPED:
            self._urgent = False
            if self._relaxes:
                self._idle = True
                self._custody.end()
            self._relax_next = now
            self._condition = Condition.STOPPED
            self._tell(
                True,
                "emergency stop: "
                + ("torque is disabled" if self._relaxes else "the motors hold"),
            )
        if now >= self._relax_next:
            self._relax_if_stopped(now)

    def _halt(self, now: float, duration: float) -> Array | None:
        if self._idle:
            return None
        self._take_in(now)
        return self._writer.send(self._motion.halt(duration, now))

    def _start_motion(self) -> None:
        """Begin to move, from where the joints are, or were sent last where nothing measures."""
        self._start = self._writer.last.copy()
        self._motion.place(self._start)
        self._custody.begin()
        self._idle = False
