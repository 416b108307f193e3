# SPDX-License-Identifier: Apache-2.0
"""Motion that no joint's velocity limit is passed by, from one command to the next."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

LONGEST_STEP = 0.1
"""However long no command came, the next moves the joints no further than in this time [s]."""


class SlewLimiter:
    """Follows targets at once where the joints are fast enough, else at their highest speed.

    Args:
        start: (n,) positions [rad or m] at which the joints are taken to be.
        velocity: (n,) highest speeds [rad/s or m/s].
        now: Time from which they may move [ns].
    """

    def __init__(self, start: ArrayLike, velocity: ArrayLike, now: int) -> None:
        self._velocity = np.array(velocity, dtype=np.float64)
        self._positions = np.array(start, dtype=np.float64)
        self._last = now

    @property
    def positions(self) -> Array:
        """(n,) positions last returned [rad or m]."""
        return self._positions.copy()

    def restart(self, now: int) -> None:
        """Stay where the joints are and let them move from this time [ns] on."""
        self._last = now

    def step(self, targets: ArrayLike, now: int) -> tuple[Array, NDArray[np.bool_]]:
        """Move towards targets (n,) [rad or m] as far as the time since the last step allows.

        A time [ns] before that of the last step moves nothing; the next step counts from it.

        Returns:
            Positions (n,) [rad or m] between the last ones and the targets, and whether each is
            behind its target (n,).
        """
        duration = min(max((now - self._last) * 1e-9, 0.0), LONGEST_STEP)
        self._last = now
        wanted = np.asarray(targets, dtype=np.float64)
        reach = self._velocity * duration
        moved = self._positions + np.clip(wanted - self._positions, -reach, reach)
        # Where it can be reached a target is taken as it is, free of rounding.
        behind = np.abs(wanted - self._positions) > reach
        self._positions = np.where(behind, moved, wanted)
        return self._positions.copy(), behind
