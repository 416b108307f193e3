# SPDX-License-Identifier: Apache-2.0
"""Motion of joints that depend on each other, whichever boards their motors are on."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from x2c_actuation.pipeline.approach_limiter import ApproachLimiter, tied
from x2c_core.arrays import Array
from x2c_core.robot.coupling import CoupledLimit
from x2c_core.robot.robot import Joint

_STALE = 0.5
"""A board whose thread was not heard of for so long does not move its joints [s]."""


class MotionGroup:
    """Single motion of joints on one or several boards, each of which has a thread of its own.

    Time passes for the joints of a board only in the steps of its own thread: what the others are
    kept clear of is where a board that hangs has sent its joints, not where they would be by now.
    A joint that nothing holds rests, and one whose coupled limits depend on it stays where it is.

    Times are seconds of a steady clock.

    Args:
        joints: Joints of the group.
        share: Share of their limits for coming back, as `ApproachLimiter` takes it.
        coupled_limits: Limits among these joints.
        boards: Places of each board's joints; one board has all where None.
    """

    def __init__(
        self,
        joints: Sequence[Joint],
        share: float,
        coupled_limits: Sequence[CoupledLimit] = (),
        boards: Sequence[Sequence[int]] | None = None,
    ) -> None:
        parts = [range(len(joints))] if boards is None else boards
        self._places = [np.array(part, dtype=np.intp) for part in parts]
        self._limiter = ApproachLimiter(joints, share, coupled_limits, self._places)
        self._tied = tied(len(joints), coupled_limits)
        self._lock = threading.Lock()
        self._held = np.zeros(len(joints), bool)
        self._heard = np.zeros(len(joints))
        self._targets = self._limiter.positions
        self._halted = np.ones(len(joints), bool)
        self._stepped = 0.0

    @property
    def parts(self) -> tuple[MotionPart, ...]:
        """Joints of each board."""
        return tuple(MotionPart(self, i, places) for i, places in enumerate(self._places))

    @property
    def limited(self) -> int:
        """Number of commands that were too far away to be passed on."""
        return self._limiter.limited

    @property
    def approaching(self) -> NDArray[np.bool_]:
        """(n,) joints that are on their way to the commanded pose."""
        return np.asarray(self._limiter.approaching & ~self._resting)

    @property
    def positions(self) -> Array:
        """(n,) what the joints were sent last [rad or m]."""
        return self._limiter.positions

    @property
    def frozen(self) -> NDArray[np.bool_]:
        """(n,) joints that stay, since nothing holds one that their limits depend on."""
        loose = ~self._held | (self._stepped - self._heard > _STALE)
        return np.asarray(self._held & (self._tied & loose).any(axis=1))

    @property
    def _resting(self) -> NDArray[np.bool_]:
        return np.asarray(self._halted | ~self._held | self.frozen)

    def note_held(self, places: NDArray[np.intp], held: NDArray[np.bool_], now: float) -> None:
        """Take which joints at some places are held by their motors, at this time [s]."""
        with self._lock:
            self._held[places], self._heard[places] = held, now

    def place(self, places: NDArray[np.intp], positions: Array) -> None:
        """Let joints start from where they are [rad or m], at rest; the others go on."""
        with self._lock:
            self._limiter.place(positions, places)

    def advance(self, board: int, targets: Array | None, duration: float, now: float) -> Array:
        """Move the joints of one board on, and return where they are sent.

        Args:
            board: Index of the board.
            targets: Commanded positions [rad or m]; None to stop.
            duration: Time since the board's last step [s].
            now: Current time [s].

        Returns:
            Positions of the board's joints [rad or m].
        """
        places = self._places[board]
        with self._lock:
            self._stepped = max(now, self._stepped)
            self._halted[places] = targets is None
            if targets is not None:
                self._targets[places] = targets
            sent = self._limiter.step(self._targets, duration, board, self._resting)
            return np.asarray(sent[places])


class MotionPart:
    """The joints of a motion group that one board moves.

    Args:
        group: Group that they belong to.
        board: Index of the board.
        places: Their places in the group (k,).
    """

    def __init__(self, group: MotionGroup, board: int, places: NDArray[np.intp]) -> None:
        self._group, self._board, self._places = group, board, places

    @property
    def approaching(self) -> bool:
        """True while joints are on their way to the commanded pose."""
        return bool(self._group.approaching[self._places].any())

    @property
    def limited(self) -> int:
        """Number of commands of the group that were too far away to be passed on."""
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

    def place_one(self, joint: int, position: float) -> None:
        """Let one joint start from where it is [rad or m], at rest; the others go on."""
        self._group.place(self._places[[joint]], np.array([position]))

    def step(self, targets: ArrayLike, duration: float, now: float) -> Array:
        """Return what to send the joints (k,) [rad or m] that are commanded to targets (k,)."""
        wanted = np.asarray(targets, dtype=np.float64)
        return self._group.advance(self._board, wanted, duration, now)

    def halt(self, duration: float, now: float) -> Array:
        """Return what to send the joints (k,) [rad or m] so that they stop."""
        return self._group.advance(self._board, None, duration, now)
