# SPDX-License-Identifier: Apache-2.0
"""What motors are doing, and what was done to them."""

from __future__ import annotations

import enum
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Condition(enum.StrEnum):
    """What the motors are doing."""

    DISCONNECTED = "disconnected"
    """They cannot be reached."""
    UNTOUCHED = "untouched"
    """They are reached and left as they are, limp or not: nothing is commanded yet."""
    TORQUE_DISABLED = "limp"
    """They were told to go limp: by a stop, or since nothing was commanded for long."""
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
    """What a tick did.

    Attributes:
        sent: (n,) positions that were really sent [rad or m]; None where nothing was. NaN for a
            joint that does not answer.
        read: (n,) positions that were read [rad or m], NaN where they cannot be told; None where
            nothing was read.
    """

    sent: Array | None = None
    read: Array | None = None
