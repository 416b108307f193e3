# SPDX-License-Identifier: Apache-2.0
"""Person above robot, at moments spread evenly over a clip of unknown length."""

from __future__ import annotations

import cv2
import numpy as np

from x2c_core.arrays import ImageArray
from x2c_core.images.theme import BACKGROUND, TEXT, bgr, put_text

_SIDE = 192
_COLUMNS = 10
_CAPTION = 22


class KeyFrameStrip:
    """Keep some of the moments given: at most twice as many as it shows."""

    def __init__(self) -> None:
        self._kept: list[tuple[ImageArray, ImageArray, float]] = []
        self._every = 1
        self._count = 0

    def add(self, person: ImageArray, robot: ImageArray, seconds: float) -> None:
        """Take a moment.

        Args:
            person: (height, width, 3) BGR.
            robot: Likewise.
            seconds: Time in the clip [s].
        """
        if self._count % self._every == 0:
            self._kept.append((_square(person), _square(robot), seconds))
            if len(self._kept) >= 2 * _COLUMNS:
                self._kept = self._kept[::2]
                self._every *= 2
        self._count += 1

    def image(self) -> ImageArray:
        """Return the strip, BGR."""
        count = min(_COLUMNS, len(self._kept))
        chosen = np.linspace(0, len(self._kept) - 1, max(count, 1)).round().astype(int)
        columns = []
        for person, robot, seconds in (self._kept[i] for i in chosen):
            caption = np.full((_CAPTION, _SIDE, 3), bgr(BACKGROUND), dtype=np.uint8)
            put_text(caption, f"{seconds:.1f} s", _SIDE // 2, 16, 13, TEXT, "centre")
            columns.append(np.vstack([person, robot, caption]))
        return np.hstack(columns)


def _square(image: ImageArray) -> ImageArray:
    height, width = image.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    cut = image[top : top + side, left : left + side]
    return np.asarray(
        cv2.resize(cut, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA), dtype=np.uint8
    )
