# SPDX-License-Identifier: Apache-2.0
"""Plausibility of the joints' measurements, by source."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from x2c_actuation.safety.sliding_range import SlidingRange
from x2c_core.arrays import Array
from x2c_core.robot.robot import Joint

NEAR = 0.05
"""Positions so close are one and the same: share of a joint's range."""

WINDOW = 1.0
"""Longest delay between sources that report one motion [s]."""

REMEMBERED = 5.0
"""A contradiction counts for so long after it was seen last [s]."""

_JITTER = 0.03
"""Messages may come so much closer together than they were measured [s]."""

_MOST_SOURCES = 16

_CAUSES = (
    "a joint_state_publisher left running publishes zeros, or with source_list an echo; end it, "
    "or remap its joint_states"
)


class Plausibility:
    """Watch the sources of joint positions for what cannot be true.

    Sources contradict each other where their positions of a joint were apart all through the last
    moments. A joint jumps where it leaves a place and comes back in less than half the time that
    its limits allow.

    Args:
        joints: Joints that are measured.
    """

    def __init__(self, joints: Sequence[Joint]) -> None:
        self._joints = joints
        self._near = NEAR * np.array([joint.upper - joint.lower for joint in joints])
        self._velocity = np.array([joint.velocity for joint in joints])
        self._acceleration = np.array([joint.acceleration for joint in joints])
        self._sources: dict[str, _Source] = {}
        self._wrong: dict[tuple[str, str], tuple[float, str]] = {}

    def forget(self) -> None:
        """Forget all sources."""
        self._sources.clear()
        self._wrong.clear()

    def wrong(self, now: float) -> str:
        """Return what cannot be true and what to do; empty where nothing is wrong."""
        texts = [text for time, text in self._wrong.values() if now - time <= REMEMBERED]
        return "; ".join(texts)

    def take(self, positions: Array, source: str, now: float) -> None:
        """Compare the positions of a message with those before, and with other sources'.

        Args:
            positions: (n,) [rad or m]; NaN for joints that the message does not name.
            source: Name of the publisher; empty where it is not known.
            now: The time [s].
        """
        if source not in self._sources and len(self._sources) == _MOST_SOURCES:
            self._drop(next(iter(self._sources)))
        one = self._sources.get(source)
        if one is None:
            one = self._sources[source] = _Source(len(self._joints), now)
        self._look_for_jumps(one, positions, source, now)
        one.note(positions, now)
        for name, other in self._sources.items():
            if other is not one:
                self._compare((source, one), (name, other), now)

    def _drop(self, source: str) -> None:
        del self._sources[source]
        self._wrong = {pair: text for pair, text in self._wrong.items() if source not in pair}

    def _compare(self, one: tuple[str, _Source], other: tuple[str, _Source], now: float) -> None:
        if now - max(one[1].since, other[1].since) < WINDOW:
            return
        low, high = one[1].recent.at(now)
        other_low, other_high = other[1].recent.at(now)
        with np.errstate(over="ignore"):
            share = np.fmax(low - other_high, other_low - high) / self._near
        known = ~np.isnan(share)
        if not known.any():
            return
        pair = (min(one[0], other[0]), max(one[0], other[0]))
        worst = int(np.argmax(np.where(known, share, -np.inf)))
        if share[worst] <= 1.0:
            self._wrong.pop(pair, None)
            return
        here, there = one[1].last[worst], other[1].last[worst]
        text = (
            f"joint_states contradict each other: {self._joints[worst].name} is at {here:.4g} "
            f"by {one[0] or 'one publisher'}, and at {there:.4g} by "
            f"{other[0] or 'another publisher'}: end the one that does not measure ({_CAUSES})"
        )
        self._wrong[pair] = now, text

    def _look_for_jumps(self, one: _Source, positions: Array, source: str, now: float) -> None:
        # Anything that is a number can come.
        with np.errstate(over="ignore"):
            there, back = one.last - one.before, one.last - positions
        if not (np.abs(there) > self._near).any():
            return
        same = np.sign(there) == np.sign(back)
        way = np.where(same, np.minimum(np.abs(there), np.abs(back)), 0.0)
        half = (now - one.before_time + _JITTER) / 2.0
        needed = np.fmax(way / self._velocity, np.sqrt(2.0 * way / self._acceleration))
        jumped = np.flatnonzero((way > self._near) & (half < needed / 2.0))
        if not jumped.size:
            return
        worst = int(jumped[np.argmax(way[jumped])])
        text = (
            f"joint_states jump: {self._joints[worst].name} was measured at "
            f"{one.before[worst]:.4g}, {one.last[worst]:.4g} and {positions[worst]:.4g} within "
            f"{now - one.before_time[worst]:.2g} s{f' by {source}' if source else ''}: check its "
            f"sensor and cable, and that one node alone publishes it ({_CAUSES})"
        )
        self._wrong[source, source] = now, text


class _Source:
    """Recent positions from a publisher; NaN for joints that it does not report."""

    def __init__(self, count: int, now: float) -> None:
        self.since = now
        self.recent = SlidingRange(count, WINDOW)
        self.before, self.before_time = np.full(count, np.nan), np.full(count, -np.inf)
        self.last, self._last_time = np.full(count, np.nan), np.full(count, -np.inf)

    def note(self, positions: Array, now: float) -> None:
        """Take positions (n,) [rad or m] at a time [s]."""
        self.recent.note(positions, now)
        measured = np.isfinite(positions)
        if measured.all():
            self.before, self.before_time = self.last, self._last_time
            self.last, self._last_time = positions, np.full(len(positions), now)
            return
        self.before = np.where(measured, self.last, self.before)
        self.before_time = np.where(measured, self._last_time, self.before_time)
        self.last = np.where(measured, positions, self.last)
        self._last_time = np.where(measured, now, self._last_time)
