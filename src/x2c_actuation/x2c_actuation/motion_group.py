# SPDX-License-Identifier: Apache-2.0
"""Motion of joints that depend on each other, whichever boards their motors are on."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from x2c_actuation.follower import Follower
from x2c_face.coupling import CoupledLimit
from x2c_face.robot import Joint

Array = NDArray[np.float64]

_STALE = 0.5
"""A board whose thread was not heard of for so long does not move its joints [s]."""


class MotionGroup:
    """Single motion of joints on one or several boards, each of which has a thread of its own.

    A joint whose coupled limits depend on a joint that nothing holds stays where it is.

    Times are seconds of a steady clock.

    Args:
        joints: Joints of the group.
        share: Share of their limits for coming back, as `Follower` takes it.
        coupled_limits: Limits among these joints.
    """

    def __init__(
        self,
        joints: Sequence[Joint],
        share: float,
        coupled_limits: Sequence[CoupledLimit] = (),
    ) -> None:
        self._follower = Follower(joints, share, coupled_limits)
        self._tied = _tied(len(joints), coupled_limits)
        self._lock = threading.Lock()
        self._held = np.zeros(len(joints), bool)
        self._heard = np.zeros(len(joints))
        self._targets = self._follower.positions
        self._resting = np.ones(len(joints), bool)
        self._stepped = 0.0

    def part(self, places: Sequence[int]) -> MotionPart:
        """Return the joints at some places of the group, which one board moves."""
        return MotionPart(self, np.array(places, dtype=np.intp))

    @property
    def limited(self) -> int:
        """How often commands were too far away to be passed on."""
        return self._follower.limited

    @property
    def approaching(self) -> bool:
        """Whether joints are on their way to the commanded pose."""
        return self._follower.approaching

    @property
    def positions(self) -> Array:
        """(n,) what the joints were sent last [rad or m]."""
        return self._follower.positions

    @property
    def frozen(self) -> NDArray[np.bool_]:
        """(n,) joints that stay, since nothing holds one that their limits depend on."""
        loose = ~self._held | (self._stepped - self._heard > _STALE)
        return np.asarray(self._held & (self._tied & loose).any(axis=1))

    def note_held(self, places: NDArray[np.intp], held: NDArray[np.bool_], now: float) -> None:
        """Take which joints at some places are held by their motors, at this time [s]."""
        with self._lock:
            self._held[places], self._heard[places] = held, now

    def place(self, places: NDArray[np.intp], positions: Array) -> None:
        """Let joints start from where they are [rad or m], at rest."""
        with self._lock:
            start = self._follower.positions
            start[places] = positions
            self._follower.place(start)

    def advance(
        self, places: NDArray[np.intp], targets: Array | None, duration: float, now: float
    ) -> Array:
        """Move all joints of the group on, and return where those of one board are sent.

        Args:
            places: Places of the board's joints.
            targets: Where they are commanded to be [rad or m]; None to let them stop.
            duration: Time since the board's last step [s].
            now: Current time [s].

        Returns:
            Positions at these places [rad or m].
        """
        with self._lock:
            passed = max(min(duration, now - self._stepped), 0.0)
            self._stepped = max(now, self._stepped)
            self._resting[places] = targets is None
            if targets is not None:
                self._targets[places] = targets
            if self._resting.all():
                return np.asarray(self._follower.halt(passed)[places])
            stays = self._resting | self.frozen
            rest = self._follower.resting_points() if stays.any() else self._targets
            wanted = np.where(stays, rest, self._targets)
            return np.asarray(self._follower.step(wanted, passed)[places])


class MotionPart:
    """The joints of a motion group that one board moves.

    Args:
        group: Group that they belong to.
        places: Their places in it (k,).
    """

    def __init__(self, group: MotionGroup, places: NDArray[np.intp]) -> None:
        self._group, self._places = group, places

    @property
    def approaching(self) -> bool:
        """Whether the group is on its way to the commanded pose."""
        return self._group.approaching

    @property
    def limited(self) -> int:
        """How often commands of the group were too far away to be passed on."""
        return self._group.limited

    @property
    def positions(self) -> Array:
        """(k,) what the joints were sent last [rad or m]."""
        return np.asarray(self._group.positions[self._places])

    @property
    def frozen(self) -> NDArray[np.bool_]:
        """(k,) joints that stay, since nothing holds one that their limits depend on."""
        return np.asarray(self._group.frozen[self._places])

    def note_held(self, held: NDArray[np.bool_], now: float) -> None:
        """Take which joints (k,) are held by their motors, at this time [s]."""
        self._group.note_held(self._places, held, now)

    def place(self, positions: ArrayLike) -> None:
        """Start from where the joints are (k,) [rad or m], at rest."""
        self._group.place(self._places, np.asarray(positions, dtype=np.float64))

    def step(self, targets: ArrayLike, duration: float, now: float) -> Array:
        """Return what to send the joints (k,) [rad or m] that are commanded to targets (k,)."""
        wanted = np.asarray(targets, dtype=np.float64)
        return self._group.advance(self._places, wanted, duration, now)

    def halt(self, duration: float, now: float) -> Array:
        """Return what to send the joints (k,) [rad or m] so that they stop."""
        return self._group.advance(self._places, None, duration, now)


def _tied(count: int, limits: Sequence[CoupledLimit]) -> NDArray[np.bool_]:
    """Return for each joint (n, n) those that its limits depend on, by way of others too."""
    tied = np.eye(count, dtype=bool)
    for limit in limits:
        tied[limit.joint, limit.by] = tied[limit.by, limit.joint] = True
    for _ in range(max(count.bit_length(), 1)):
        tied = tied @ tied
    return tied & ~np.eye(count, dtype=bool)
