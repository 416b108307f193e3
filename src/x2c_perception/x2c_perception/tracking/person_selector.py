# SPDX-License-Identifier: Apache-2.0
"""Sticky choice of one person among the faces in an image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from x2c_core.face.frames import NO_TRACK

_LEAST_OVERLAP = 0.2
_LEAD = 1.0
"""Lead in rank that another person needs to be followed in the place of the present one."""

_LEAD_TIME = 1.0
"""Time for which that person must have the lead [s]."""

_NEAR = 0.6
"""Distance at which a face without enough overlap is still the same [sizes of the face]."""


@dataclass(frozen=True)
class Box:
    """Bounds of a face in the image [pixel]."""

    left: float
    top: float
    right: float
    bottom: float

    @staticmethod
    def around(landmarks: NDArray[np.float64]) -> Box:
        """Return the bounds of landmarks (n, 3) [pixel]."""
        (left, top), (right, bottom) = landmarks[:, :2].min(axis=0), landmarks[:, :2].max(axis=0)
        return Box(float(left), float(top), float(right), float(bottom))

    @property
    def area(self) -> float:
        """[pixel^2]."""
        return max(0.0, self.right - self.left) * max(0.0, self.bottom - self.top)

    @property
    def size(self) -> float:
        """The larger of width and height [pixel]."""
        return max(self.right - self.left, self.bottom - self.top)

    @property
    def centre(self) -> tuple[float, float]:
        """Middle of the box [pixel]."""
        return (self.left + self.right) / 2.0, (self.top + self.bottom) / 2.0

    def overlap(self, other: Box) -> float:
        """Return intersection over union with another box."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        common = max(0.0, width) * max(0.0, height)
        union = self.area + other.area - common
        return common / union if union > 0.0 else 0.0

    def near(self, other: Box) -> bool:
        """Return whether another box is about as large and at about the same place."""
        x, y = self.centre
        other_x, other_y = other.centre
        sizes = sorted((self.size, other.size))
        close = np.hypot(x - other_x, y - other_y) < _NEAR * sizes[1]
        return bool(close and sizes[1] < 2.0 * sizes[0])


class PersonSelector:
    """Stays with one person until that one has been gone for a while, then takes the largest face.

    A face is the same person's if it overlaps the last one seen, or lies near it. A person who is
    back at about the same place before the time is up keeps the track id. Where faces have ranks,
    the highest is taken first, and another person who keeps a clear lead for a while is followed,
    unless the present one was asked for.

    Args:
        patience: Time without a person after which another one is followed [s].
        stays: Whether the present person is followed whatever rank others have.
    """

    def __init__(self, patience: float = 1.0, *, stays: bool = True) -> None:
        self.patience = patience
        self.stays = stays
        self.track_id = NO_TRACK
        self._last: Box | None = None
        self._seen = 0.0
        self._next = False
        self._asked_for = False
        self._rival: Box | None = None
        self._ahead_since = 0.0

    def forget_place(self) -> None:
        """Forget all people, as after a jump in time: the next one seen is new."""
        self._last = None

    def follow_next(self) -> None:
        """Follow the next person to the right of the present one, from the next image on."""
        self._next = True

    def choose(
        self, boxes: Sequence[Box], now: float, ranks: Sequence[float] | None = None
    ) -> int | None:
        """Return which of the faces is the person's, or None.

        Args:
            boxes: Boxes of the faces found in an image.
            now: Time of the image [s].
            ranks: Rank of each face; None for its area.
        """
        ranks = [box.area for box in boxes] if ranks is None else ranks
        if self._last is not None and now - self._seen > self.patience:
            self._last = None
        if self._last is None:
            chosen = max(range(len(boxes)), key=ranks.__getitem__, default=None)
            self._asked_for, self._rival = False, None
            if chosen is not None:
                self.track_id += 1
        else:
            chosen = self._same(boxes, self._last)
            if self._next and chosen is not None and len(boxes) > 1:
                chosen = _right_of(chosen, boxes)
                self.track_id += 1
                self._asked_for = True
            elif chosen is not None and self._is_behind(boxes, ranks, chosen, now):
                chosen = max(range(len(boxes)), key=ranks.__getitem__)
                self.track_id += 1
                self._rival = None
        self._next = False
        if chosen is not None:
            self._last, self._seen = boxes[chosen], now
        return chosen

    def _is_behind(
        self, boxes: Sequence[Box], ranks: Sequence[float], chosen: int, now: float
    ) -> bool:
        """Return whether another person has had the lead over the present one long enough."""
        best = max(range(len(boxes)), key=ranks.__getitem__)
        if self.stays or self._asked_for or ranks[best] < ranks[chosen] + _LEAD:
            self._rival = None
            return False
        if self._rival is None or self._same([boxes[best]], self._rival) is None:
            self._ahead_since = now
        self._rival = boxes[best]
        return now - self._ahead_since >= _LEAD_TIME

    @staticmethod
    def _same(boxes: Sequence[Box], last: Box) -> int | None:
        overlaps = [box.overlap(last) for box in boxes]
        best = max(range(len(boxes)), key=overlaps.__getitem__, default=None)
        if best is not None and overlaps[best] >= _LEAST_OVERLAP:
            return best
        near = [i for i, box in enumerate(boxes) if box.near(last)]
        return max(near, key=lambda i: boxes[i].area, default=None)


def _right_of(index: int, boxes: Sequence[Box]) -> int:
    """Return the index of the next box to the right; after the last comes the first."""
    order = sorted(range(len(boxes)), key=lambda i: boxes[i].centre)
    return order[(order.index(index) + 1) % len(order)]
