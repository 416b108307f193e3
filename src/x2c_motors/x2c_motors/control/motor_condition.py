# SPDX-License-Identifier: Apache-2.0
"""State of motors, and the result of a tick."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from x2c_core.arrays import Array


class Condition(enum.StrEnum):
    """State of the motors."""

    DISCONNECTED = "disconnected"
    """They cannot be reached."""
    UNTOUCHED = "untouched"
    """Connected and left as they are, with or without torque: nothing is commanded yet."""
    TORQUE_DISABLED = "torque disabled"
    """Torque disabled by a stop, or after a long time without commands."""
    APPROACHING = "approaching"
    """They are on their way to the commanded pose, slowly."""
    FOLLOWING = "following"
    """They follow commands."""
    HOLDING = "holding"
    """Commands have stopped; they hold the last one."""
    STOPPED = "stopped"
    """An emergency stop; it has to be reset."""


@dataclass(frozen=True)
class TickOutcome:
    """Result of a tick.

    Attributes:
        sent: (n,) positions that were really sent [rad or m]; None where nothing was. NaN for a
            joint that does not answer.
        read: Positions read (n,) [rad or m], NaN if unknown; None if nothing was read.
    """

    sent: Array | None = None
    read: Array | None = None
