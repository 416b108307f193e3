# SPDX-License-Identifier: Apache-2.0
"""Motors of a bus that answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

MISSES = 3
"""A motor that does not answer so often in a row is away."""

ASK_AGAIN = 0.5
"""Time between two questions to motors that are away: each costs a wait in vain [s]."""


class MotorResponsiveness:
    """Keep count of answers that do not come.

    Args:
        count: Number of motors.
    """

    def __init__(self, count: int) -> None:
        self._missed = np.zeros(count, dtype=int)
        self._ask_again = 0.0

    @property
    def mask(self) -> NDArray[np.bool_]:
        """(n,) whether each is there."""
        return self._missed < MISSES

    @property
    def heard_last(self) -> NDArray[np.bool_]:
        """(n,) whether each answered when it was asked last."""
        return np.asarray(self._missed == 0)

    @property
    def absent(self) -> tuple[int, ...]:
        """Places of those that are away."""
        return tuple(int(place) for place in np.flatnonzero(~self.mask))

    def begin(self, there: NDArray[np.bool_], now: float) -> None:
        """Start with those (n,) that are there, at this time [s]."""
        self._missed = np.where(there, 0, MISSES)
        self._ask_again = now + ASK_AGAIN

    def to_ask(self, now: float) -> tuple[int, ...]:
        """Return the places of those to ask now [s]: all every so often, else those there."""
        if now >= self._ask_again or not self.mask.any():
            self._ask_again = now + ASK_AGAIN
            return tuple(range(len(self._missed)))
        return tuple(int(place) for place in np.flatnonzero(self.mask))

    def heard(
        self, answered: NDArray[np.bool_], asked: Sequence[int]
    ) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Note who of those asked has answered (n,).

        Returns:
            The places of those that are away from now on, and of those that are back.
        """
        before = self.mask
        which = np.zeros(len(answered), dtype=bool)
        which[list(asked)] = True
        self._missed[which & answered] = 0
        self._missed[which & ~answered] += 1
        gone, back = before & ~self.mask, ~before & self.mask
        return tuple(map(int, np.flatnonzero(gone))), tuple(map(int, np.flatnonzero(back)))
