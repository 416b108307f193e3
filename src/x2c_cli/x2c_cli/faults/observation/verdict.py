# SPDX-License-Identifier: Apache-2.0
"""Check of recorded motion against the joints' limits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from x2c_actuation.pipeline.motion_limits import MotionLimits
from x2c_actuation.safety.state_machine import State
from x2c_cli.faults.observation.motion_log import Heard, MotionLog, Sent
from x2c_core.arrays import Array

TOLERANCE = 1e-4
"""Tolerance for rounding: share of the limit, or of a joint's range."""

_NEAR = 0.3
"""Longest time between a command and the message that reports it [s]."""

_EDGE = 0.1
"""Commands so near to the ends of a log are not compared [s]."""

_STEP = 0.02
"""For how long a joint may have moved since the last message before a command [s]."""

_WINDOW = 0.1
"""Servos' speeds are those over so long a time: commands reach them in steps [s]."""

_LATE = 0.05
"""Longest extra delay of a command to a servo on a busy machine [s]."""


@dataclass(frozen=True)
class LimitVerdict:
    """Largest use of the joints' limits; 1 is at the limit.

    Attributes:
        outside: Furthest position outside its limits: share of the joint's range.
        velocity: Highest speed, from reported velocities and from differences of positions: share
            of the joint's limit.
        acceleration: Likewise.
        jerk: Highest change of acceleration between two messages of one state, by actuation's
            steady clock: share of the limit.
        seams: Highest speed from the last command of one state, or of one life of the node, to the
            first of the next: share of the limit.
        measured: Furthest measured position outside its limits: share of the joint's range.
        actual: Highest speed at which joints really moved, over 0.1 s: share of the limit. Each
            command may come 0.05 s late, and later where looks do; None where there are none.
        commands: Number of commands received.
        untold: Number of commands on the topic that actuation does not report.
    """

    outside: float
    velocity: float
    acceleration: float
    jerk: float
    seams: float
    measured: float
    actual: float | None
    commands: int
    untold: int

    @property
    def exceeded(self) -> tuple[str, ...]:
        """Limits that were exceeded, each in a few words; empty if all were kept."""
        shares = {
            "velocity": self.velocity,
            "acceleration": self.acceleration,
            "jerk": self.jerk,
            "velocity across states": self.seams,
            "velocity of the servos": self.actual or 0.0,
        }
        exceeded = [
            f"{name} {share:.2f} times the limit"
            for name, share in shares.items()
            if share > 1.0 + TOLERANCE
        ]
        if self.outside > TOLERANCE:
            exceeded.append(f"position outside by {100.0 * self.outside:.2f} % of the range")
        if self.untold:
            exceeded.append(f"{self.untold} of {self.commands} commands not reported by actuation")
        return tuple(exceeded)

    @property
    def inside(self) -> bool:
        """True if all commands, and the motors' motion, are within the limits."""
        return not self.exceeded


def judge(log: MotionLog, limits: MotionLimits) -> LimitVerdict:
    """Return how near to their limits the joints of a log came."""
    sent, commands, measured = log.sent, log.commands, log.measured
    moving = sent.states != State.DISABLED.value
    return LimitVerdict(
        outside=max(
            _outside(commands.positions, limits), _outside(sent.positions[moving], limits)
        ),
        velocity=_largest(
            np.abs(np.concatenate([sent.velocities[moving], sent.speeds])) / limits.velocity
        ),
        acceleration=_largest(
            np.abs(np.concatenate([sent.accelerations[moving], sent.changes_of_speed]))
            / limits.acceleration
        ),
        jerk=_jerk(sent, limits),
        seams=_seams(sent, limits),
        measured=_outside(measured.positions, limits),
        actual=_actual(log.actual, limits),
        commands=len(commands.times),
        untold=_unreported(commands, sent, limits),
    )


def _outside(positions: Array, limits: MotionLimits) -> float:
    away = np.maximum(limits.lower - positions, positions - limits.upper)
    return max(_largest(away / (limits.upper - limits.lower)), 0.0)


def _largest(values: Array) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.max()) if finite.size else 0.0


def _jerk(sent: Sent, limits: MotionLimits) -> float:
    """Return the highest jerk between neighbours: share of the limit."""
    change = np.abs(np.diff(sent.accelerations, axis=0))
    return _largest(change / (limits.jerk * sent.passed[:, None]))


def _seams(sent: Sent, limits: MotionLimits) -> float:
    """Return the highest speed across states and lives of the node: share of the limit."""
    moving = sent.states != State.DISABLED.value
    positions, stamps = sent.positions[moving], sent.stamps[moving]
    # A pause in which nothing was sent is a seam, too, though the state is the same after it.
    seam = ~np.isfinite(sent.passed)[np.flatnonzero(moving)[1:] - 1]
    way = np.abs(np.diff(positions, axis=0))[seam]
    passed = np.maximum(np.diff(stamps)[seam], 0.0) + _STEP
    return _largest(way / (limits.velocity * passed[:, None]))


def _actual(actual: Heard, limits: MotionLimits) -> float | None:
    """Return the highest speed at which joints really moved: share of the limit, or None."""
    if not len(actual.times):
        return None
    times, positions = actual.times, actual.positions
    ends = np.searchsorted(times, times + _WINDOW)
    begins = np.flatnonzero(ends < len(times))
    ends = ends[begins]
    way = np.abs(positions[ends] - positions[begins])
    # Where looks are late, so are commands: the machine was busy.
    pauses = np.diff(times, prepend=times[0])
    before = np.searchsorted(times, times[begins] - _WINDOW)
    spans = zip(before, ends + 1, strict=True)
    late = _LATE + np.array([pauses[first:last].max() for first, last in spans])
    passed = times[ends] - times[begins] + late
    return _largest(way / (limits.velocity * passed[:, None]))


def _unreported(commands: Heard, sent: Sent, limits: MotionLimits) -> int:
    """Return the number of commands that actuation does not report."""
    if not len(sent.times):
        return len(commands.times)
    reported = {row.tobytes() for row in sent.positions}
    # A log begins and ends between a command and its message.
    begin, end = float(sent.times[0]) + _EDGE, float(sent.times[-1]) - _EDGE
    return sum(
        bool(begin <= time <= end)
        and row.tobytes() not in reported
        and not _between(time, row, sent, limits)
        for time, row in zip(commands.times, commands.positions, strict=True)
    )


def _between(time: float, command: Array, sent: Sent, limits: MotionLimits) -> bool:
    """Return whether a command matches those reported around its time.

    A process that is killed parts a command from its message.
    """
    near = sent.positions[np.abs(sent.times - time) <= _NEAR]
    if not len(near):
        return False
    slack = limits.velocity * _STEP
    low, high = near.min(axis=0) - slack, near.max(axis=0) + slack
    return bool(((command >= low) & (command <= high)).all())
