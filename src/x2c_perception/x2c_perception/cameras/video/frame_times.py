# SPDX-License-Identifier: Apache-2.0
"""Times of a video's frames, made to ascend where the file's do not."""

from __future__ import annotations

from fractions import Fraction


class FrameTimes:
    """Time since the first frame, from the stamps of one frame after another.

    Stamps of presentation are taken as they are. Some containers have none, or mix up those of
    reordered frames; then the stamps of decoding count, which ascend. A frame without any comes
    one period after the one before.

    Args:
        period: Time between frames where the file states none [s].

    Attributes:
        invented: Number of frames whose time is not from the file.
    """

    def __init__(self, period: float) -> None:
        self._period = round(period * 1e9)
        self._elapsed: int | None = None
        self._last: dict[bool, int | None] = {False: None, True: None}
        self._by_decoding = False
        self.invented = 0

    def next(self, presented: int | None, decoded: int | None, unit: Fraction | None) -> int:
        """Return the time of the next frame [ns].

        Args:
            presented: Stamp of presentation; None for none.
            decoded: Stamp of decoding; None for none.
            unit: Unit of both [s].
        """
        steps = {
            False: self._step(False, presented, unit),
            True: self._step(True, decoded, unit),
        }
        if self._elapsed is None:
            self._elapsed = 0
            return 0
        step = steps[self._by_decoding]
        if step <= 0 and not self._by_decoding and steps[True] > 0:
            self._by_decoding, step = True, steps[True]
        if step <= 0:
            self.invented += 1
            step = self._period
        self._elapsed += step
        return self._elapsed

    def _step(self, by_decoding: bool, ticks: int | None, unit: Fraction | None) -> int:
        """Return the time since the last stamp of a kind [ns]; 0 if it is not known."""
        if ticks is None or not unit:
            return 0
        now, before = round(ticks * unit * 1_000_000_000), self._last[by_decoding]
        self._last[by_decoding] = now
        return 0 if before is None else now - before
