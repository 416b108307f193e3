# SPDX-License-Identifier: Apache-2.0
"""Sticky choice of one person among the faces in an image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from x2c_core.face.frames import NO_TRACK

_LEAST_OVERLAP = 0.2
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
    back at about the same place before the time is up keeps the track id.

    Args:
        patience: Time without a person after which another one is followed [s].
    """

    def __init__(self, patience: float = 1.0) -> None:
        self.patience = patience
        self.track_id = NO_TRACK
        self._last: Box | None = None
        self._seen = 0.0
        self._next = False

    def forget_place(self) -> None:
        """Forget all people, as after a jump in time: the next one seen is new."""
        self._last = None

    def follow_next(self) -> None:
        """Follow the next person to the right of the present one, from the next image on."""
        self._next = True

    def choose(self, boxes: Sequence[Box], now: float) -> int | None:
        """Return which of the faces is the person's, or None.

        Args:
            boxes: Boxes of the faces found in an image.
            now: Time of the image [s].
        """
        if self._last is not None and now - self._seen > self.patience:
            self._last = None
        if self._last is None:
            chosen = max(range(len(boxes)), key=lambda i: boxes[i].area, default=None)
            if chosen is not None:
                self.track_id += 1
        else:
            chosen = self._same(boxes, self._last)
            if self._next and chosen is not None and len(boxes) > 1:
                chosen = _right_of(chosen, boxes)
                self.track_id += 1
        self._next = False
        if chosen is not None:
            self._last, self._seen = boxes[chosen], now
        return chosen

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
