# SPDX-License-Identifier: Apache-2.0
"""Errors of a network's control values, absolute and squared.

Scale, and what counts, are those of `x2c_core.control_space.control_error`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from x2c_core.control_space import controls
from x2c_core.control_space.control_error import counted, scaled
from x2c_core.control_space.controls import Group


@dataclass(frozen=True)
class Errors:
    """Of predictions, on values scaled to [-1, 1].

    Attributes:
        rows: Number of images.
        mae: Mean absolute error over everything that counts.
        mse: Mean squared error likewise.
        controls: Mean absolute and mean squared error of each control, by name.
        groups: Likewise of each group.
    """

    rows: int
    mae: float
    mse: float
    controls: Mapping[str, tuple[float, float]]
    groups: Mapping[str, tuple[float, float]]

    def as_dict(self) -> dict[str, object]:
        """Return all of it in types that JSON knows."""
        named = ("mae", "mse")
        return {
            "rows": self.rows,
            "mae": self.mae,
            "mse": self.mse,
            "groups": {k: dict(zip(named, v, strict=True)) for k, v in self.groups.items()},
            "controls": {k: dict(zip(named, v, strict=True)) for k, v in self.controls.items()},
        }


def measure(predicted: ArrayLike, true: ArrayLike) -> Errors:
    """Return the errors of predicted values (n, 30) against true ones (n, 30) [ratio or rad]."""
    difference = scaled(predicted) - scaled(true)
    mask = counted(true)
    absolute = np.where(mask, np.abs(difference), 0.0)
    squared = np.where(mask, difference**2, 0.0)

    def over(columns: NDArray[np.intp]) -> tuple[float, float]:
        count = max(int(mask[:, columns].sum()), 1)
        sums = absolute[:, columns].sum(), squared[:, columns].sum()
        return float(sums[0] / count), float(sums[1] / count)

    mae, mse = over(np.arange(controls.COUNT))
    return Errors(
        len(difference),
        mae,
        mse,
        {one.name: over(np.array([one.index])) for one in controls.CONTROLS},
        {group.value: over(controls.group_indices(group)) for group in Group},
    )
