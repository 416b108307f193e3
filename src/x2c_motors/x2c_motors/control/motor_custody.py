# SPDX-License-Identifier: Apache-2.0
"""Motors that lose their torque or power for a moment, and how each is taken in again."""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Iterable, Sequence

import numpy as np

from x2c_motors.control.motor_link import MotorLink, Reading, Tell
from x2c_motors.control.motor_writer import MotorWriter

INRUSH_PAUSE = 0.05
"""Time between two motors that get torque: each draws a current of its own then [s]."""

ROUND = 0.5
"""Time in which each motor is asked once whether it still has torque [s]."""

FLAPPING = 1.0
"""A motor that falls so soon after it was taken in is taken in later than before [s]."""

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0
"""Pauses of a motor that falls again and again: at first, and at most [s]."""


class MotorCustody:
    """Detection of motors that lost torque, and their return to holding in place, one by one.

    A motor that misses a question is sent nothing until it has answered and has been asked for
    its torque: it may have lost its power and have fallen meanwhile. The others are asked in turn,
    since a motor can restart between two questions.

    Times are seconds of a steady clock.

    Attributes:
        returned: Number of returns of each joint, by name.

    Args:
        link: Connection to the motors.
        writer: Sends to the motors.
        tell: Called with whether it is a fault, and a sentence.
    """

    def __init__(self, link: MotorLink, writer: MotorWriter, tell: Tell) -> None:
        self.returned: Counter[str] = Counter()
        self._link, self._writer, self._tell = link, writer, tell
        self._count = len(link.driver.calibration)
        self._doubted = np.zeros(self._count, bool)
        self._refused: dict[int, str] = {}
        self._waiting: deque[int] = deque()
        self._next = -math.inf
        self._turn = 0
        self._taken = np.full(self._count, -math.inf)
        self._pause = np.zeros(self._count)
        self._not_before = np.full(self._count, -math.inf)

    def taking_in(self, now: float) -> bool:
        """Return whether motors wait for their torque, and are to get it one after the other."""
        return any(now >= self._not_before[joint] for joint in self._waiting)

    @property
    def refused(self) -> tuple[str, ...]:
        """Sentences on motors that cannot be given torque."""
        return tuple(self._refused.values())

    def begin(self) -> None:
        """Take over all motors, with or without torque."""
        self.end()
        self._taken[:] = -math.inf
        self._waiting.extend(range(self._count))

    def end(self) -> None:
        """Leave all motors as they are."""
        self._writer.release()
        self._waiting.clear()
        self._refused.clear()
        self._doubted[:] = False

    def look(self, reading: Reading, now: float) -> None:
        """Find motors that need to be taken in.

        Args:
            reading: Positions that were just read.
            now: Current time [s].

        Raises:
            DriverError: The connection is lost.
        """
        self._doubt(reading.missed)
        self._queue(np.flatnonzero(self._writer.inside_again(reading.positions)).tolist())
        answered = np.isfinite(reading.positions)
        asked = [*np.flatnonzero(self._doubted & answered), *self._in_turn()]
        states = self._link.check(dict.fromkeys(int(joint) for joint in asked))
        for joint, state in states.items():
            self._judge(joint, state.holds, state.trouble, now)

    def take_next(self, now: float) -> tuple[int, float] | None:
        """Give the next motor its torque, where it is, if it is time to.

        Returns:
            Its place and its position [rad or m]; None where there is none.

        Raises:
            DriverError: The connection is lost.
        """
        if now < self._next:
            return None
        for _ in range(len(self._waiting)):
            joint = self._waiting.popleft()
            if now < self._not_before[joint]:
                self._waiting.append(joint)
                continue
            position = self._link.position(joint) if self._link.there[joint] else math.nan
            if math.isnan(position):
                if self._link.driver.measures:
                    self._doubted[joint] = True
                    continue
                position = float(self._writer.last[joint])
            if self._writer.enable_torque(joint, position):
                self._next, self._taken[joint] = now + INRUSH_PAUSE, now
                return joint, position
        return None

    def _doubt(self, joints: Iterable[int]) -> None:
        for joint in joints:
            self._doubted[joint] = True
            self._writer.held[joint] = False
            if joint in self._waiting:
                self._waiting.remove(joint)

    def _in_turn(self) -> Sequence[int]:
        """Return the places of those to be asked this time, though nothing speaks against them."""
        rate = self._link.driver.settings.read_rate
        count = min(math.ceil(self._count / (rate * ROUND)), self._count)
        order = [(self._turn + i) % self._count for i in range(count)]
        self._turn = (self._turn + count) % max(self._count, 1)
        known = self._writer.held & self._link.there
        return [joint for joint in order if known[joint] or joint in self._refused]

    def _judge(self, joint: int, holds: bool, trouble: str, now: float) -> None:
        if trouble:
            if self._refused.get(joint) != trouble:
                self._tell(True, trouble)
            self._refused[joint] = trouble
            self._writer.held[joint] = False
            return
        refused = self._refused.pop(joint, "")
        if holds and not self._doubted[joint] and not refused:
            return
        if not holds and math.isfinite(self._taken[joint]):
            self._fallen(joint, now)
        self._queue([joint])

    def _fallen(self, joint: int, now: float) -> None:
        name = self._link.driver.calibration.names[joint]
        self.returned[name] += 1
        soon = now - self._taken[joint] < FLAPPING
        self._pause[joint] = min(max(2.0 * self._pause[joint], FIRST_PAUSE), LONGEST_PAUSE)
        self._pause[joint] *= soon
        self._taken[joint] = -math.inf
        self._not_before[joint] = now + self._pause[joint]
        again = f", after {self._pause[joint]:g} s, since it has just fallen" if soon else ""
        where = "where it is" if self._link.driver.measures else "where it was sent last"
        self._tell(
            True,
            f"{self._link.named([joint])} has lost its torque, as when its power was gone: it is "
            f"taken in again {where}{again}",
        )

    def _queue(self, joints: Iterable[int]) -> None:
        for joint in joints:
            self._doubted[joint] = False
            self._writer.held[joint] = False
            if joint not in self._waiting:
                self._waiting.append(joint)
