# SPDX-License-Identifier: Apache-2.0
"""Figures beside those of two robots that do not imitate: one at rest, and one that is late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from x2c_core.arrays import Array

ALLOWED_LAG = 0.08
"""Time after the person at which the robot is compared [s]."""


@dataclass(frozen=True)
class BesideBaselines:
    """A figure of the robot and of two baselines.

    Attributes:
        robot: Figure of the robot.
        at_rest: Figure of a robot that never moves.
        late: Figure of the same robot half a clip late.
    """

    robot: float
    at_rest: float
    late: float

    @property
    def share_of_rest(self) -> float | None:
        """Figure of the robot as a share of that of a robot that never moves."""
        return self.robot / self.at_rest if self.at_rest > 0.0 else None


def mean_of(each: Sequence[BesideBaselines]) -> BesideBaselines:
    """Return the mean of at least one figure."""
    rows = np.mean([(one.robot, one.at_rest, one.late) for one in each], axis=0)
    return BesideBaselines(*map(float, rows))


def allowed_later(curves: Array, period: float) -> Array:
    """Return curves (n, m) as they are the allowed lag later; NaN at the end.

    Args:
        curves: (n, m) samples.
        period: Time between samples [s].
    """
    frames = round(ALLOWED_LAG / period)
    later = np.full_like(curves, np.nan)
    later[: len(curves) - frames] = curves[frames:]
    return later


def half_late(curves: Array) -> Array:
    """Return curves (n, m) half the clip later, the end at the beginning."""
    return np.roll(curves, len(curves) // 2, axis=0)


def profile_correlation(one: Array, other: Array) -> float | None:
    """Return Pearson's correlation of two profiles, or None where one of them is flat."""
    if min(np.ptp(one), np.ptp(other)) <= 1e-9:
        return None
    return float(np.corrcoef(one, other)[0, 1])
