# SPDX-License-Identifier: Apache-2.0
"""Positions of joints, message by message, in as little room as an hour of them needs."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray


class JointRows:
    """Take messages that may each name other joints, and make a table of them."""

    def __init__(self) -> None:
        # Every message has strings of its own; as good as all of them say the same.
        self._known: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._names: list[tuple[str, ...]] = []
        self._positions = array("d")

    def add(self, names: Sequence[str], positions: ArrayLike) -> None:
        """Take a message.

        Args:
            names: Names of the joints; if a message repeats a name, its last position counts.
            positions: (joints,) [rad or m].

        Raises:
            ValueError: There are more or fewer positions than names, or they are no numbers.
            TypeError: Likewise, or the names are no texts.
        """
        numbers = np.asarray(positions, dtype=np.float64)
        own = tuple(names)
        if numbers.shape != (len(own),):
            raise ValueError(f"{numbers.size} positions of {len(own)} joints")
        self._names.append(self._known.setdefault(own, own))
        self._positions.frombytes(numbers.tobytes())

    def table(self) -> tuple[tuple[str, ...], NDArray[np.float64]]:
        """Return names of joints, and positions (n, joints), NaN where one was not named."""
        columns: dict[str, int] = {}
        for names in self._known:
            for name in names:
                columns.setdefault(name, len(columns))
        places = {names: [columns[name] for name in names] for names in self._known}
        table = np.full((len(self._names), len(columns)), np.nan)
        numbers, begin = np.frombuffer(self._positions, dtype=np.float64), 0
        for row, names in enumerate(self._names):
            end = begin + len(names)
            table[row, places[names]] = numbers[begin:end]
            begin = end
        return tuple(columns), table
