# SPDX-License-Identifier: Apache-2.0
"""Stamps of a mixed face: those of imitation, continued in between."""

from __future__ import annotations

_CLOSE = 1_000_000_000
"""Stamps that are further apart are of different clocks, or of a bag that loops [ns]."""


class MixedStamps:
    """Stamps that do not go back, unless those of imitation do."""

    def __init__(self) -> None:
        self._last = 0
        self._base: int | None = None
        self._heard = 0.0

    def of_imitation(self, stamp: int, now: float) -> int:
        """Return the stamp of a face that imitation has caused, which is imitation's own.

        A face in between may have been stamped a little later: then it is that one's.

        Args:
            stamp: Stamp of imitation [ns].
            now: Time of arrival by a steady clock [s].
        """
        back = self._base is not None and stamp < self._base
        self._base, self._heard = stamp, now
        ahead = 0 < self._last - stamp < _CLOSE
        self._last = self._last if ahead and not back else stamp
        return self._last

    def in_between(self, now: float, clock: int) -> int:
        """Return the stamp of a face between those of imitation.

        It is as old as imitation's are, so that a latency measured from stamps stays true.

        Args:
            now: Present time by a steady clock [s].
            clock: Present time of ROS [ns], for a face without any imitation.
        """
        if self._base is None:
            stamp = clock
        else:
            stamp = self._base + int(max(now - self._heard, 0.0) * 1e9)
        self._last = max(self._last, stamp)
        return self._last
