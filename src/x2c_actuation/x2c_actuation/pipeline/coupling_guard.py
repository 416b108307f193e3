# SPDX-License-Identifier: Apache-2.0
"""Keep coupled limits while joints are on their way, not only where they come to rest."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from x2c_core.arrays import Array
from x2c_core.robot.coupling import CoupledLimit, Side, project

_ROUNDING = 1e-8
"""A coupled limit may be passed by so little without counting as passed [rad or m]."""


class CouplingGuard:
    """Move targets so that no coupled limit is passed, whenever each joint gets where.

    Where a joint must yield to one that limits it, it goes at once, and the other waits for it as
    far as it has to. What each joint can reach on its way, taken together, never holds a place
    that is not allowed. So a coupled limit that holds at first, holds at any time; where it does
    not, the joint that limits stays until the limited one has come back.

    Args:
        limits: Each after those of the joint it goes by.
    """

    def __init__(self, limits: Sequence[CoupledLimit]) -> None:
        self._limits = tuple(limits)
        # A joint that stays short of this is not concerned.
        self._tightest = tuple(
            (one, one.joint, one.side is Side.UPPER, one.tightest(-np.inf, np.inf))
            for one in limits
        )
        self._allowed: Array | None = None

    def allowed(self, targets: Array) -> Array:
        """Return targets (n,) [rad or m] inside all coupled limits, joints that limit first."""
        # The same targets are asked for at every tick until new ones come.
        if not self._limits or targets is self._allowed:
            return targets
        self._allowed = project(self._limits, targets)
        self._allowed.setflags(write=False)
        return self._allowed

    def on_the_way(self, targets: Array, reach: Array) -> tuple[Array, tuple[Array, Array] | None]:
        """Return where the joints may be sent now, and the corridor in which they have to stay.

        Args:
            targets: (n,) inside all coupled limits [rad or m].
            reach: Lowest and highest positions (2, n) on the way they are on [rad or m].

        Returns:
            Targets (n,), and lowest and highest positions (n,) [rad or m] or None for any.
        """
        if not self._limits:
            return targets, None
        wanted = targets.tolist()
        low, high = reach.tolist()
        concerned = [
            limit
            for limit, joint, upper, tightest in self._tightest
            if (
                wanted[joint] > tightest or high[joint] > tightest
                if upper
                else wanted[joint] < tightest or low[joint] < tightest
            )
        ]
        if not concerned:
            return targets, None
        rooms = [_room(one, low, high) for one in concerned]
        for one, room in zip(concerned, rooms, strict=True):
            wanted[one.by] = min(max(wanted[one.by], room[0]), room[1])
        lowest, highest = [-math.inf] * len(wanted), [math.inf] * len(wanted)
        for one in concerned:
            ends = min(low[one.by], wanted[one.by]), max(high[one.by], wanted[one.by])
            limit = one.tightest(*ends)
            # What is tighter only in between must be yielded to as well, or both wait for ever;
            # so must what is tighter where the other yields to on its part.
            asked = float(targets[one.by])
            yielding = one.tightest(min(ends[0], asked), max(ends[1], asked))
            if one.side is Side.UPPER:
                wanted[one.joint] = min(wanted[one.joint], yielding)
                limit = max(limit, high[one.joint])
                highest[one.joint] = min(highest[one.joint], limit)
            else:
                wanted[one.joint] = max(wanted[one.joint], yielding)
                limit = min(limit, low[one.joint])
                lowest[one.joint] = max(lowest[one.joint], limit)
            room = one.room(*ends, limit)
            lowest[one.by] = max(lowest[one.by], min(room[0], ends[0]))
            highest[one.by] = min(highest[one.by], max(room[1], ends[1]))
        # A joint that has to come back itself still waits for those that it limits.
        for one, room in zip(concerned, rooms, strict=True):
            wanted[one.by] = min(max(wanted[one.by], room[0]), room[1])
        return np.array(wanted), (np.array(lowest), np.array(highest))


def _room(one: CoupledLimit, low: Sequence[float], high: Sequence[float]) -> tuple[float, float]:
    """Return how far the joint that limits may go, given how far the limited one goes."""
    ends = low[one.by], high[one.by]
    limit = one.tightest(*ends)
    upper = one.side is Side.UPPER
    edge = high[one.joint] if upper else low[one.joint]
    passed = edge - limit if upper else limit - edge
    if passed > _ROUNDING:
        return ends
    return one.room(*ends, edge - _ROUNDING if upper else edge + _ROUNDING)
