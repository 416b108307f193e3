# SPDX-License-Identifier: Apache-2.0
"""Frames at a constant rate, as LeRobot has them, of pairs that came whenever they came."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from x2c_bags.frames.recorded_run import Joints
from x2c_core.arrays import Array
from x2c_datasets.export.pairs import BagPair

_EXACT = 1.0
"""Ticks that differ by less fall together [ns]."""

_FARTHEST = 0.1
"""Joint states and commands further from a frame than this say nothing of it [s]."""


@dataclass(frozen=True)
class JointTrack:
    """Positions of joints over time.

    Attributes:
        names: Names of the joints.
        stamps: (n,) in order [ns].
        positions: (n, joints) [rad or m].
    """

    names: tuple[str, ...]
    stamps: NDArray[np.int64]
    positions: Array

    @staticmethod
    def of(stamps: NDArray[np.int64], joints: Joints) -> JointTrack | None:
        """Return the messages that name all joints; None where there are none."""
        whole = np.isfinite(joints.positions).all(axis=1) if joints.names else np.zeros(0, bool)
        if not whole.any():
            return None
        order = np.argsort(stamps[whole], kind="stable")
        return JointTrack(joints.names, stamps[whole][order], joints.positions[whole][order])

    def at(self, stamp: int) -> Array | None:
        """Return the positions (joints,) nearest to a stamp [ns]; None where none is near."""
        place = int(np.searchsorted(self.stamps, stamp))
        near = range(max(0, place - 1), min(len(self.stamps), place + 1))
        best = min(near, key=lambda one: abs(int(self.stamps[one]) - stamp))
        if abs(int(self.stamps[best]) - stamp) > _FARTHEST * 1e9:
            return None
        return np.asarray(self.positions[best])


def rate_of(stamps: Sequence[int]) -> int:
    """Return the rate of a camera [Hz] from stamps of its images [ns]: whole, and at least 1."""
    steps = np.diff(np.array(stamps, dtype=np.int64))
    steps = steps[steps > 0]
    return max(1, round(1e9 / float(np.median(steps)))) if len(steps) else 30


class Episodes:
    """Cut pairs into episodes of frames at a constant rate.

    For each tick of the rate the pair nearest to it is taken: it comes again where the camera
    missed one, and is passed over where the camera was faster.

    Args:
        rate: Frames a second [Hz].
        longest_gap: Stamps further apart, or that go back, begin a new episode [s].
        shortest: An episode with fewer frames is left out.
        longest: Another one begins after so many frames.

    Attributes:
        too_short: Frames that were left out.
    """

    def __init__(self, rate: int, longest_gap: float, shortest: int, longest: int) -> None:
        self._period = 1e9 / rate
        self._gap, self._shortest, self._longest = longest_gap, shortest, longest
        self.too_short = 0

    def frames(self, pairs: Iterable[BagPair | None]) -> Iterator[BagPair | None]:
        """Yield frames, and None at the end of each episode.

        Args:
            pairs: Pairs in order; None for an image without one.
        """
        waiting: list[BagPair] = []
        count = 0
        for frame in self._ticks(pairs):
            if frame is None:
                self.too_short += len(waiting)
                if count >= self._shortest:
                    yield None
                waiting, count = [], 0
                continue
            count += 1
            waiting.append(frame)
            if count >= self._shortest:
                yield from waiting
                waiting = []
            if count >= self._longest:
                yield None
                count = 0

    def _ticks(self, pairs: Iterable[BagPair | None]) -> Iterator[BagPair | None]:
        last: BagPair | None = None
        begin = tick = 0
        for pair in pairs:
            if pair is None:
                continue
            if last is not None and not 0 <= (pair.stamp - last.stamp) * 1e-9 <= self._gap:
                yield from self._rest(last, begin, tick)
                last = None
            if last is None:
                begin, tick = pair.stamp, 0
            else:
                while begin + tick * self._period <= (last.stamp + pair.stamp) / 2:
                    yield last
                    tick += 1
            last = pair
        if last is not None:
            yield from self._rest(last, begin, tick)

    def _rest(self, last: BagPair, begin: int, tick: int) -> Iterator[BagPair | None]:
        """Yield the last pair for all ticks up to half a period after it."""
        while begin + tick * self._period < last.stamp + self._period / 2 - _EXACT:
            yield last
            tick += 1
        yield None
