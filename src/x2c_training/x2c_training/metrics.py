# SPDX-License-Identifier: Apache-2.0
"""How far control values are from the true ones, by the definition of X2C (arXiv 2505.11146).

Values are scaled from each control's upstream range to [-1, 1]; the mean is taken over all rows
and controls. Where both upper eyelids are below 0 the eyes cannot be seen, and the two gaze values
are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from x2c_face import controls
from x2c_face.controls import Group

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

GAZE = controls.group_indices(Group.GAZE)
UPPER_LIDS = np.array([controls.index(f"Eyelid Upper {side}") for side in ("Left", "Right")])
MIDDLE: Array = 0.5 * (controls.MAXIMUM + controls.MINIMUM)
HALF: Array = 0.5 * (controls.MAXIMUM - controls.MINIMUM)


def normalise(values: ArrayLike) -> Array:
    """Return values (..., 30) [ratio or rad] scaled to [-1, 1] by upstream's ranges."""
    return np.asarray((np.asarray(values, np.float64) - MIDDLE) / HALF)


def counted(values: ArrayLike) -> Mask:
    """Return which entries of true values (n, 30) count: all but the gaze of shut eyes."""
    given = np.asarray(values, np.float64)
    mask = np.ones(given.shape, dtype=bool)
    shut = (given[:, UPPER_LIDS] < 0.0).all(axis=1)
    mask[np.ix_(shut, GAZE)] = False
    return mask


@dataclass(frozen=True)
class Errors:
    """Of predictions, on values scaled to [-1, 1].

    Attributes:
        rows: How many pictures there were.
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
    difference = normalise(predicted) - normalise(true)
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
