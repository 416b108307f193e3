# SPDX-License-Identifier: Apache-2.0
"""Between joint positions and the raw numbers that go over the wire."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Wire:
    """How one joint is reached: raw = zero + direction * scale * position.

    Attributes:
        joint: Name of the joint.
        address: Id or channel of its motor on the bus.
        zero: Raw value at joint position 0 [raw].
        scale: Raw units per joint unit, positive [raw per rad or m].
        direction: 1, or -1 where raw values fall when the joint's position rises.
        lowest: Nothing below it is ever sent [raw].
        highest: Nothing above it is ever sent [raw].
    """

    joint: str
    address: int
    zero: float
    scale: float
    direction: int
    lowest: float
    highest: float


class Wires:
    """All wires of a robot, in the order of its joints.

    Args:
        wires: One for each joint.
        quantum: Smallest step that the device knows [raw].
    """

    def __init__(self, wires: Sequence[Wire], quantum: float) -> None:
        self.names = tuple(wire.joint for wire in wires)
        self.addresses = tuple(wire.address for wire in wires)
        self._zero = np.array([wire.zero for wire in wires])
        self._slope = np.array([wire.direction * wire.scale for wire in wires])
        self._lowest = np.array([wire.lowest for wire in wires])
        self._highest = np.array([wire.highest for wire in wires])
        self.quantum = quantum

    def __len__(self) -> int:
        """Return how many joints there are."""
        return len(self.names)

    def to_raw(self, positions: ArrayLike) -> Array:
        """Return raw values (n,) for positions (n,) [rad or m]: whole steps inside the raw range.

        NaN stays NaN.
        """
        raw = self._zero + self._slope * np.asarray(positions, dtype=np.float64)
        raw = np.clip(raw, self._lowest, self._highest)
        stepped = np.round(raw / self.quantum) * self.quantum
        # Rounding must not leave the range where its ends are no whole steps.
        over = stepped > self._highest + 1e-9
        under = stepped < self._lowest - 1e-9
        return np.asarray(stepped - over * self.quantum + under * self.quantum)

    def outside(self, positions: ArrayLike, slack: ArrayLike) -> NDArray[np.bool_]:
        """Return which joints (n,) stand outside the raw range; NaN does not.

        Args:
            positions: (n,) where they stand [rad or m].
            slack: How far outside does not count yet (n,) [rad or m], beyond one step.
        """
        standing = np.asarray(positions, dtype=np.float64)
        moved = np.abs(self.to_positions(self.to_raw(standing)) - standing)
        return np.asarray(moved > self.quantum / np.abs(self._slope) + np.asarray(slack))

    def to_positions(self, raw: ArrayLike) -> Array:
        """Return joint positions (n,) [rad or m] for raw values (n,); NaN stays NaN."""
        return np.asarray((np.asarray(raw, dtype=np.float64) - self._zero) / self._slope)
