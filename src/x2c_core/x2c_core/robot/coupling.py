# SPDX-License-Identifier: Apache-2.0
"""Limits of one joint that depend on where another one is."""

from __future__ import annotations

import enum
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from x2c_core.arrays import Array

Point = tuple[float, float]


class Side(enum.StrEnum):
    """End of a joint's range that a coupled limit moves."""

    LOWER = "lower"
    UPPER = "upper"


@dataclass(frozen=True)
class CoupledLimit:
    """A limit of a joint's position that follows another joint, along straight lines.

    Attributes:
        joint: Index of the joint that is limited.
        by: Index of the joint that limits it.
        side: End of the range that moves.
        points: (position of the joint that limits, limit) [rad or m], ascending, at least one;
            constant beyond the ends.
    """

    joint: int
    by: int
    side: Side
    points: tuple[Point, ...]

    @cached_property
    def _positions(self) -> tuple[float, ...]:
        return tuple(x for x, _ in self.points)

    @cached_property
    def _mirrored(self) -> tuple[Point, ...]:
        return tuple((-x, y) for x, y in reversed(self.points))

    def at(self, position: float) -> float:
        """Return the limit [rad or m] where the other joint is at a position [rad or m]."""
        points = self.points
        right = bisect_right(self._positions, position)
        if right == 0:
            return points[0][1]
        if right == len(points):
            return points[-1][1]
        (x, y), (x_next, y_next) = points[right - 1], points[right]
        return y + (y_next - y) * (position - x) / (x_next - x)

    def tightest(self, low: float, high: float) -> float:
        """Return the tightest limit [rad or m] while the other joint is in a range [rad or m]."""
        first, last = bisect_right(self._positions, low), bisect_left(self._positions, high)
        values = [self.at(low), self.at(high)]
        if first < last:
            values += [y for _, y in self.points[first:last]]
        return min(values) if self.side is Side.UPPER else max(values)

    def room(self, low: float, high: float, limit: float) -> tuple[float, float]:
        """Return how far the other joint may go while the limit stays as wide as some value.

        Args:
            low: Lowest position from which it goes [rad or m].
            high: Highest one; the limit is wide enough from low to high.
            limit: Value that the limit must not pass [rad or m].

        Returns:
            Lowest and highest position [rad or m]; infinite where it may go anywhere.
        """
        sign = 1.0 if self.side is Side.UPPER else -1.0
        up = self._first_crossing(high, limit, sign, self.points)
        return -self._first_crossing(-low, limit, sign, self._mirrored), up

    @staticmethod
    def _first_crossing(start: float, limit: float, sign: float, points: Sequence[Point]) -> float:
        """Return where beyond a start the line first passes a limit; infinite for nowhere."""
        for (x, y), (x_next, y_next) in pairwise(points):
            if x_next <= start or sign * (y_next - limit) >= 0.0:
                continue
            if sign * (y - limit) <= 0.0:
                return max(x, start)
            return max(x + (limit - y) * (x_next - x) / (y_next - y), start)
        return float("inf")


def project(limits: Iterable[CoupledLimit], positions: ArrayLike) -> Array:
    """Return positions (n,) [rad or m] brought inside coupled limits.

    Joints that limit others win: each limit moves the joint it limits, and no other.

    Args:
        limits: Each after those that limit the joint by which it goes.
        positions: (n,) [rad or m].
    """
    allowed = np.asarray(positions, dtype=np.float64).tolist()
    for one in limits:
        limit = one.at(allowed[one.by])
        keep = min if one.side is Side.UPPER else max
        allowed[one.joint] = keep(allowed[one.joint], limit)
    return np.array(allowed)


def in_order(limits: Sequence[CoupledLimit]) -> tuple[CoupledLimit, ...] | None:
    """Return limits so that each comes after those of the joint it goes by; None for a circle."""
    rest, ordered = list(limits), []
    while rest:
        limited = {one.joint for one in rest}
        ready = [one for one in rest if one.by not in limited]
        if not ready:
            return None
        ordered += ready
        rest = [one for one in rest if one.by in limited]
    return tuple(ordered)
