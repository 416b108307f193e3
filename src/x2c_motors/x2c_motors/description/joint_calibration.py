# SPDX-License-Identifier: Apache-2.0
"""Between joint positions and the raw numbers that go over the wire."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from x2c_core.arrays import Array
from x2c_core.system.fields import NoOptions


@dataclass(frozen=True)
class JointCalibration:
    """Conversion of one joint's position to raw values: raw = zero + direction * scale * position.

    Attributes:
        joint: Name of the joint.
        address: Id or channel of its motor on the bus.
        zero: Raw value at joint position 0 [raw].
        scale: Raw units per joint unit, positive [raw per rad or m].
        direction: 1, or -1 where raw values fall when the joint's position rises.
        lowest: Nothing below it is ever sent [raw].
        highest: Nothing above it is ever sent [raw].
        turn: Raw values in a whole turn, after which readings start again; infinity: never [raw].
        readings: Lowest and highest reading inside the turn [raw].
        way: Lowest and highest raw value of the joint's limits [raw].
        options: Options of the joint, an instance of the driver's `JointOptions`.
    """

    joint: str
    address: int
    zero: float
    scale: float
    direction: int
    lowest: float
    highest: float
    turn: float = math.inf
    readings: tuple[float, float] = (-math.inf, math.inf)
    way: tuple[float, float] = (-math.inf, math.inf)
    options: Any = field(default_factory=NoOptions)

    @property
    def reach(self) -> tuple[float, float]:
        """Lowest and highest position that the raw range lets the joint go to [rad or m]."""
        slope = self.direction * self.scale
        ends = sorted((raw - self.zero) / slope for raw in (self.lowest, self.highest))
        return ends[0], ends[1]


class BoardCalibration:
    """Calibrations of a board's joints, in their order.

    Args:
        calibrations: One for each joint.
        resolution: Smallest step that the device knows [raw].
    """

    def __init__(self, calibrations: Sequence[JointCalibration], resolution: float) -> None:
        self.names = tuple(calibration.joint for calibration in calibrations)
        self.addresses = tuple(calibration.address for calibration in calibrations)
        self._zero = np.array([calibration.zero for calibration in calibrations])
        self._slope = np.array(
            [calibration.direction * calibration.scale for calibration in calibrations]
        )
        self._lowest = np.array([calibration.lowest for calibration in calibrations])
        self._highest = np.array([calibration.highest for calibration in calibrations])
        self._turn = np.array(
            [
                calibration.turn if math.isfinite(calibration.turn) else 0.0
                for calibration in calibrations
            ]
        )
        self._readings = (
            np.array([calibration.readings for calibration in calibrations]).reshape(-1, 2).T
        )
        self._way = np.array([calibration.way for calibration in calibrations]).reshape(-1, 2).T
        self.resolution = resolution

    def __len__(self) -> int:
        """Return how many joints there are."""
        return len(self.names)

    def to_raw(self, positions: ArrayLike) -> Array:
        """Return raw values (n,) for positions (n,) [rad or m]: whole steps inside the raw range.

        NaN stays NaN.
        """
        raw = self._zero + self._slope * np.asarray(positions, dtype=np.float64)
        raw = np.clip(raw, self._lowest, self._highest)
        stepped = np.round(raw / self.resolution) * self.resolution
        # Rounding must not leave the range where its ends are no whole steps.
        over = stepped > self._highest + 1e-9
        under = stepped < self._lowest - 1e-9
        return np.asarray(stepped - over * self.resolution + under * self.resolution)

    def outside(self, positions: ArrayLike, slack: ArrayLike) -> NDArray[np.bool_]:
        """Return a mask (n,) of joints outside the range for enabling torque; NaN is inside.

        They stand outside the raw range, or on the other side of the wrap.

        Args:
            positions: (n,) where they stand [rad or m].
            slack: Distance outside that is accepted (n,) [rad or m], beyond one step.
        """
        standing = np.asarray(positions, dtype=np.float64)
        moved = np.abs(self.to_positions(self.to_raw(standing)) - standing)
        far = moved > self.resolution / np.abs(self._slope) + np.asarray(slack)
        return np.asarray(far | self.across(standing))

    def across(self, positions: ArrayLike) -> NDArray[np.bool_]:
        """Return which joints (n,) stand on the other side of the wrap; NaN does not.

        The short way from there to the joint's limits leads over the place where readings start
        again, so the motor would go the long way round.

        Args:
            positions: (n,) where they stand [rad or m].
        """
        standing = np.asarray(positions, dtype=np.float64)
        raw: Array = np.asarray(self._zero + self._slope * standing)
        # A servo that counts turns starts again at one when its torque is enabled.
        counted = self._counted(raw)
        off_way = self._off_way(self._turns(raw))
        return np.asarray(counted | (off_way[1:].min(axis=0) < off_way[0]))

    def _counted(self, raw: Array) -> NDArray[np.bool_]:
        """Return which raw values (n,) are no readings inside the turn; NaN is none of those."""
        lowest, highest = self._readings
        slack = 0.5 * self.resolution
        return np.asarray((raw < lowest - slack) | (raw > highest + slack))

    def _turns(self, raw: Array) -> Array:
        """Return raw values (n,) as they are, a turn lower and a turn higher (3, n)."""
        return np.array([raw, raw - self._turn, raw + self._turn])

    def _off_way(self, raw: Array) -> Array:
        """Return how far raw values (..., n) are from the joints' ways (n,) [raw]."""
        lowest, highest = self._way
        return np.asarray(np.maximum(np.maximum(lowest - raw, raw - highest), 0.0))

    def measured(self, readings: ArrayLike) -> Array:
        """Return joint positions (n,) for readings (n,), taken into the turn nearest to the way.

        A joint that holds at the end of its servo's turn may stand a little past it, where
        readings start again. It has not gone to the other end. Where turns are counted, the
        reading says itself which turn it is.
        """
        raw = np.asarray(readings, dtype=np.float64)
        turns = self._turns(raw)
        nearest = np.argmin(self._off_way(turns), axis=0)
        return self.to_positions(np.where(self._counted(raw), raw, np.choose(nearest, turns)))

    def away(self, joint: int, position: float, other: float) -> float:
        """Return how far a joint's position is from another, the short way round [rad or m]."""
        turn = float(self._turn[joint] / abs(self._slope[joint]))
        return math.remainder(position - other, turn) if turn else position - other

    def to_positions(self, raw: ArrayLike) -> Array:
        """Return joint positions (n,) [rad or m] for raw values (n,); NaN stays NaN."""
        return np.asarray((np.asarray(raw, dtype=np.float64) - self._zero) / self._slope)
