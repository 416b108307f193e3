# SPDX-License-Identifier: Apache-2.0
"""Gestures that begin, change over and end without a snap."""

from __future__ import annotations

import numpy as np

from x2c_core.arrays import Array

_FASTEST = 6.0


class GestureMotion:
    """Amounts of gestures (2,) that follow what is wanted, at most 6 a second.

    Gestures of one sound are slower than that; where sounds, sizes or persons change, they jump.
    """

    def __init__(self) -> None:
        self._amounts = np.zeros(2)
        self._time = 0.0

    def follow(self, time: float, wanted: Array | None) -> Array | None:
        """Return the amounts (2,) at a time; None when nothing is wanted and the face is at rest.

        Args:
            time: Present time [s]; never before that of the last call.
            wanted: (2,) amounts; None for none.
        """
        reach = _FASTEST * (time - self._time)
        self._time = time
        target = np.zeros(2) if wanted is None else wanted
        self._amounts += np.clip(target - self._amounts, -reach, reach)
        return None if wanted is None and not self._amounts.any() else self._amounts.copy()
