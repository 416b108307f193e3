# SPDX-License-Identifier: Apache-2.0
"""Move one joint at a time, slowly."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import TracebackType

import numpy as np

from x2c_actuation.pipeline.motion import JointMotion
from x2c_actuation.pipeline.motion_limits import MotionLimits
from x2c_core.arrays import Array
from x2c_core.robot.robot import Joint
from x2c_motors.control.motor_controller import REPETITIONS
from x2c_motors.description.settings import StopAction
from x2c_motors.drivers.driver import MotorDriver
from x2c_motors.drivers.reports import MotorState
from x2c_motors.errors import BlockedError, DriverError, Fault

_PERIOD = 0.02
_PATIENCE = 1.0
"""A motor may miss questions for so long before it counts as silent [s]."""

_FREE, _LAG = math.radians(8.0), 0.15
"""A motor may lag behind what it is sent by this angle [rad] and the way of this time [s]."""

_ARRIVAL = 0.5
"""Time limit for a motor to come close to its last target [s]."""

SETTLING = 0.1
"""Time limit for a motor that measures to arrive [s]."""


class JointMover:
    """Control of the motors of some joints while entered; moves joints on request.

    Whatever ends it, a joint on its way is braked, and torque is left as robot.yaml says.

    Args:
        driver: Driver of the motors, not yet opened.
        joints: Joints in the order of the driver's calibrations.
        share: Share of the joints' limits of velocity, acceleration and jerk.
    """

    def __init__(self, driver: MotorDriver, joints: Sequence[Joint], share: float) -> None:
        self.driver = driver
        self._joints = [
            replace(
                joint,
                velocity=share * joint.velocity,
                acceleration=share * joint.acceleration,
                jerk=share * joint.jerk,
            )
            for joint in joints
        ]
        self._where: dict[int, float] = {}
        self._held: set[int] = set()

    def __enter__(self) -> JointMover:
        """Connect.

        Raises:
            DriverError: The motors cannot be reached.
        """
        try:
            self.driver.open()
        except DriverError:
            self.driver.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Disconnect."""
        try:
            if self.driver.settings.at_end is StopAction.TORQUE_OFF:
                self.driver.torque(False, sorted(self._held))
        except DriverError:
            # What went wrong before is what the user has to know.
            if error is None:
                raise
        finally:
            self.driver.close()

    def position(self, joint: int) -> float:
        """Return the position of a joint, or its last command [rad or m]; NaN if unknown.

        Raises:
            DriverError: Its motor does not answer.
        """
        limit = time.monotonic() + _PATIENCE
        while True:
            try:
                position = float(self.driver.read([joint])[joint])
            except DriverError as error:
                if error.fault is Fault.LOST or time.monotonic() > limit:
                    raise
                continue
            if np.isfinite(position):
                return position
            if not self.driver.measures:
                return self._where.get(joint, np.nan)
            if time.monotonic() > limit:
                raise self._silent(joint)

    def hold(self, joint: int) -> float:
        """Let a joint hold where it is, and return where that is [rad or m].

        A motor that cannot measure its position, and was sent nothing yet, jumps to its neutral
        position.

        Raises:
            DriverError: Its motor does not answer, or stands outside its raw range.
        """
        position = self.position(joint)
        if np.isnan(position):
            position = self._joints[joint].home
        elif self.driver.calibration.outside(position, self._joints[joint].velocity * _PERIOD)[
            joint
        ]:
            raise DriverError(Fault.REFUSED, self.driver.outside(joint, position))
        self.driver.prepare([joint])
        self._write(joint, position)
        self.driver.torque(True, [joint])
        self._held.add(joint)
        return position

    def relax(self, joint: int) -> None:
        """Disable the torque of a joint.

        Raises:
            DriverError: It cannot be sent.
        """
        # No motor acknowledges it, and a packet can be lost.
        for _ in range(REPETITIONS):
            self.driver.torque(False, [joint])
        self._held.discard(joint)

    def go(self, joint: int, target: float, watch: Callable[[float], None] | None = None) -> float:
        """Move a joint and return where it was sent in the end [rad or m].

        Args:
            joint: Its place.
            target: Target position [rad or m], clamped to its limits.
            watch: Called with each position sent.

        Raises:
            DriverError: Its motor cannot be reached, or has lost its torque.
            BlockedError: It does not follow. It holds where it is; past the end of its servo's
                turn, where nothing can hold it, its torque is disabled.
        """
        # Its power may have been gone since the last time.
        start = self._where[joint] if self._still_holds(joint) else self.hold(joint)
        motion = JointMotion(MotionLimits.of([self._joints[joint]]), _PERIOD)
        motion.reset([start])
        wanted = np.array([target])
        try:
            try:
                self._follow(motion, joint, wanted, watch)
                self._arrive(joint)
            except KeyboardInterrupt:
                self._follow(motion, joint, motion.stopping_points(), watch)
                raise
        except BlockedError as error:
            self._check_torque(joint)
            if error.holds:
                # No further against what is in its way.
                self._write(joint, error.position)
            else:
                self.relax(joint)
            raise
        return self._where[joint]

    def _still_holds(self, joint: int) -> bool:
        """Return whether a joint holds where it was sent last.

        Raises:
            DriverError: Its motor does not answer, or says why it cannot hold.
        """
        if joint not in self._held or not self._torque_enabled(joint):
            return False
        if not self.driver.measures or self._joints[joint].type != "revolute":
            return True
        return abs(self.away(joint, self._where[joint])) <= _FREE

    def away(self, joint: int, target: float) -> float:
        """Return how far a joint is from a position, the short way round [rad or m].

        Raises:
            DriverError: Its motor does not answer.
        """
        return self.driver.calibration.away(joint, self.position(joint), target)

    def _torque_enabled(self, joint: int) -> bool:
        """Return whether a motor has torque.

        Raises:
            DriverError: It does not answer, or says why it cannot hold.
        """
        limit = time.monotonic() + _PATIENCE
        while (state := self._state(joint)) is None:
            if time.monotonic() > limit:
                raise self._silent(joint)
        if state.trouble:
            raise DriverError(Fault.REFUSED, state.trouble)
        return state.holds

    def _state(self, joint: int) -> MotorState | None:
        try:
            return self.driver.check([joint]).get(joint)
        except DriverError as error:
            if error.fault is Fault.LOST:
                raise
            return None

    def _check_torque(self, joint: int) -> None:
        """Notice a motor that was limp, if only for a moment.

        Raises:
            DriverError: It is, or does not answer.
        """
        if not self._torque_enabled(joint):
            self._held.discard(joint)
            raise DriverError(
                Fault.REFUSED,
                f"{self._joints[joint].name} has lost its torque, as when its power was "
                "gone: look to it, and move it again",
            )

    def _silent(self, joint: int) -> DriverError:
        name = self.driver.calibration.names[joint]
        return DriverError(Fault.SILENT, f"the motor of {name} does not answer")

    def _follow(
        self,
        motion: JointMotion,
        joint: int,
        wanted: Array,
        watch: Callable[[float], None] | None,
    ) -> None:
        due = time.monotonic()
        while True:
            sent = self._write(joint, float(motion.step(wanted).position[0]))
            if watch is not None:
                watch(sent)
            if motion.at_rest:
                return
            self._check(joint, _FREE + _LAG * self._joints[joint].velocity)
            due = max(due + _PERIOD, time.monotonic())
            time.sleep(max(due - time.monotonic(), 0.0))

    def _arrive(self, joint: int) -> None:
        """Wait until a joint is about where it was sent.

        Raises:
            BlockedError: It does not get there.
        """
        if not self.driver.measures:
            return
        time.sleep(SETTLING)
        limit = time.monotonic() + _ARRIVAL
        while True:
            try:
                self._check(joint, _FREE)
            except BlockedError as error:
                # The long way round, a motor only seems to come near.
                if not error.holds or time.monotonic() > limit:
                    raise
                time.sleep(_PERIOD)
            else:
                return

    def _check(self, joint: int, slack: float) -> None:
        """Notice what is in the way of a revolute joint, and a motor that lost its power.

        A motor that misses a question is sent nothing until it has answered: a goal that it gets
        when its power is back would bring it there at full speed from where it has fallen.

        Args:
            joint: Its place.
            slack: Largest distance from the commanded position [rad].

        Raises:
            DriverError: Its motor has lost its torque, or does not answer for long.
            BlockedError: It is further away.
        """
        if not self.driver.measures:
            self._check_torque(joint)
            return
        position = self._reading(joint)
        if math.isnan(position):
            self._check_torque(joint)
            position = self.position(joint)
        one, sent = self._joints[joint], self._where[joint]
        away = self.driver.calibration.away(joint, position, sent)
        if one.type == "revolute" and abs(away) > slack:
            there = np.full(len(self._joints), np.nan)
            there[joint] = sent + away
            across = self.driver.calibration.across(there)[joint]
            raise BlockedError(one.name, sent + away, not across)

    def _reading(self, joint: int) -> float:
        """Return the position of a joint [rad or m]; NaN where its motor does not answer."""
        try:
            return float(self.driver.read([joint])[joint])
        except DriverError as error:
            if error.fault is Fault.LOST:
                raise
            return math.nan

    def _write(self, joint: int, position: float) -> float:
        positions = np.full(len(self._joints), np.nan)
        positions[joint] = position
        self._where[joint] = float(self.driver.write(positions)[joint])
        return self._where[joint]
