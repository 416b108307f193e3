# SPDX-License-Identifier: Apache-2.0
"""Straight lines through points, constant beyond the ends."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from x2c_core.arrays import Array


class PiecewiseLines:
    """Many functions of one variable each, evaluated all at once.

    Args:
        points: Points of each function: (k, 2) pairs of a variable, ascending, and a value.
    """

    def __init__(self, points: Sequence[ArrayLike]) -> None:
        tables = [np.asarray(one, dtype=np.float64) for one in points]
        pieces = max((len(one) - 1 for one in tables), default=1)
        shape = (len(tables), max(pieces, 1))
        self._from, self._length, self._slope = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        self._first = np.array([one[0, 1] for one in tables])
        for i, table in enumerate(tables):
            count = len(table) - 1
            lengths, rises = np.diff(table, axis=0).T
            self._from[i, :count] = table[:-1, 0]
            self._length[i, :count] = lengths
            self._slope[i, :count] = rises / lengths

    def at(self, variables: Array) -> Array:
        """Return the value (..., n) of each function at its own variable (..., n)."""
        # How much of each piece lies before the variable.
        along = np.minimum(np.maximum(variables[..., None] - self._from, 0.0), self._length)
        return np.asarray(self._first + (along * self._slope).sum(axis=-1))
