# SPDX-License-Identifier: Apache-2.0
"""Whether joints were kept inside their limits, from what was heard of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from x2c_actuation.machine import State
from x2c_actuation.motion_limits import MotionLimits
from x2c_bringup.faults.motion_log import Array, Heard, MotionLog, Sent

TOLERANCE = 1e-4
"""How far rounding may carry a figure past a limit: share of the limit, or of a joint's range."""


@dataclass(frozen=True)
class Verdict:
    """How near to their limits joints came; 1 is at the limit.

    Attributes:
        outside: Furthest position outside its limits: share of the joint's range.
        velocity: Highest speed, as actuation tells it and as the positions sent make it: share of
            the joint's limit.
        acceleration: Likewise.
        jerk: Highest change of acceleration between two messages of one state, by actuation's
            steady clock: share of the limit.
        measured: Furthest measured position outside its limits: share of the joint's range.
        commands: How many were heard.
        untold: Commands heard on the topic that are not what actuation tells it has sent.
    """

    outside: float
    velocity: float
    acceleration: float
    jerk: float
    measured: float
    commands: int
    untold: int

    @property
    def inside(self) -> bool:
        """Whether all that was sent is inside the limits."""
        shares = (self.velocity, self.acceleration, self.jerk)
        return (
            self.untold == 0
            and self.outside <= TOLERANCE
            and all(share <= 1.0 + TOLERANCE for share in shares)
        )


def judge(log: MotionLog, limits: MotionLimits) -> Verdict:
    """Return how near to their limits the joints of a log came."""
    sent, commands, measured = log.sent, log.commands, log.measured
    moving = sent.states != State.DISABLED.value
    return Verdict(
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
        measured=_outside(measured.positions, limits),
        commands=len(commands.times),
        untold=_untold(commands, sent),
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


def _untold(commands: Heard, sent: Sent) -> int:
    """Return how many commands actuation did not tell of."""
    told = {row.tobytes() for row in sent.positions}
    return sum(row.tobytes() not in told for row in commands.positions)
