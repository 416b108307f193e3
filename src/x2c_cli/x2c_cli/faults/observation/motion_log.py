# SPDX-License-Identifier: Apache-2.0
"""Record of the joints' motion during a fault."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from x2c_actuation.safety.state_machine import State
from x2c_core.arrays import Array


class StateMessage(Protocol):
    """Recorded fields of an ActuationState message."""

    header: Any
    state: int
    since: float
    reason: str
    positions: object
    velocities: object
    accelerations: object


@dataclass(frozen=True)
class Event:
    """Something that was done to the pipeline.

    Attributes:
        time: Since the scenario began [s].
        text: Description of the event.
    """

    time: float
    text: str


@dataclass(frozen=True)
class Change:
    """A state that actuation has entered.

    Attributes:
        time: Since the scenario began [s].
        state: The new one.
        reason: Reason that actuation reports.
    """

    time: float
    state: State
    reason: str


@dataclass(frozen=True)
class Sent:
    """Commands that actuation reports to have sent to n joints, m times.

    Attributes:
        times: (m,) when it was heard, since the scenario began [s].
        stamps: (m,) when it was sent, by the node's clock [s].
        states: (m,) values of `State`.
        spent: (m,) for how long the state had lasted, by actuation's steady clock [s].
        positions: (m, n) [rad or m].
        velocities: (m, n) [rad/s or m/s].
        accelerations: (m, n) [rad/s² or m/s²].
    """

    times: Array
    stamps: Array
    states: NDArray[np.int64]
    spent: Array
    positions: Array
    velocities: Array
    accelerations: Array

    @property
    def passed(self) -> Array:
        """(m - 1,) time between neighbours [s]; NaN across states, and where nothing was sent."""
        passed = np.diff(self.spent)
        known = (np.diff(self.states) == 0) & (passed > 0.0)
        known &= self.states[1:] != State.DISABLED.value
        return np.where(known, passed, np.nan)

    @property
    def speeds(self) -> Array:
        """(m - 1, n) velocities from the positions alone [rad/s or m/s]; NaN where not known."""
        return np.asarray(np.diff(self.positions, axis=0) / self.passed[:, None])

    @property
    def changes_of_speed(self) -> Array:
        """(m - 2, n) accelerations from the positions alone [rad/s² or m/s²]; NaN likewise."""
        passed = self.passed
        between = (passed[1:] + passed[:-1]) / 2.0
        return np.asarray(np.diff(self.speeds, axis=0) / between[:, None])


@dataclass(frozen=True)
class Heard:
    """Positions of n joints in m messages of a topic.

    Attributes:
        times: (m,) when they were heard, since the scenario began [s].
        positions: (m, n) [rad or m]; NaN where a message did not name a joint.
    """

    times: Array
    positions: Array


class MotionLog:
    """Collect messages about some joints.

    Args:
        names: Names of the joints.
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names
        self._states: list[tuple[float, StateMessage]] = []
        self._commands: list[tuple[float, Array]] = []
        self._measured: list[tuple[float, Array]] = []
        self._actual: list[tuple[float, Array]] = []
        self.events: list[Event] = []
        self.changes: list[Change] = []

    def take_state(self, time: float, message: StateMessage) -> None:
        """Take an ActuationState message, heard at some time [s]."""
        state = State(message.state)
        if not self.changes or self.changes[-1].state is not state:
            self.changes.append(Change(time, state, message.reason))
        self._states.append((time, message))

    def take_command(self, time: float, names: list[str], positions: object) -> None:
        """Take a joint command, heard at some time [s]."""
        self._commands.append((time, self._ordered(names, positions)))

    def take_measured(self, time: float, names: list[str], positions: object) -> None:
        """Take joint states, heard at some time [s]."""
        self._measured.append((time, self._ordered(names, positions)))

    def take_actual(self, time: float, positions: Array) -> None:
        """Take positions (n,) where the joints really are at some time [s]."""
        self._actual.append((time, positions))

    @property
    def commanded(self) -> Array:
        """Positions (n,) of the newest joint command [rad or m]; NaN where there is none."""
        return self._commands[-1][1] if self._commands else np.full(len(self._names), np.nan)

    @property
    def reported(self) -> int:
        """Number of messages of actuation received."""
        return len(self._states)

    @property
    def sent(self) -> Sent:
        """Commands that actuation reports to have sent."""
        messages = [message for _, message in self._states]
        return Sent(
            times=np.array([time for time, _ in self._states]),
            stamps=np.array([_seconds(message.header.stamp) for message in messages]),
            states=np.array([message.state for message in messages], dtype=np.int64),
            spent=np.array([message.since for message in messages]),
            positions=self._table([message.positions for message in messages]),
            velocities=self._table([message.velocities for message in messages]),
            accelerations=self._table([message.accelerations for message in messages]),
        )

    @property
    def commands(self) -> Heard:
        """Messages on the topic of joint commands."""
        return self._heard(self._commands)

    @property
    def measured(self) -> Heard:
        """Messages on the topic of joint states."""
        return self._heard(self._measured)

    @property
    def actual(self) -> Heard:
        """True positions of the joints; empty if they were not watched."""
        return self._heard(self._actual)

    def _heard(self, heard: list[tuple[float, Array]]) -> Heard:
        times = np.array([time for time, _ in heard])
        return Heard(times, self._table([positions for _, positions in heard]))

    def _table(self, rows: list[object]) -> Array:
        return np.asarray(rows, dtype=np.float64).reshape(len(rows), len(self._names))

    def _ordered(self, names: list[str], positions: object) -> Array:
        given = dict(zip(names, np.asarray(positions, dtype=np.float64), strict=False))
        return np.array([given.get(name, np.nan) for name in self._names])


def _seconds(stamp: Any) -> float:
    return float(stamp.sec) + 1e-9 * float(stamp.nanosec)
