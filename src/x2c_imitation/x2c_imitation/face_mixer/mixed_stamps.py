# SPDX-License-Identifier: Apache-2.0
"""Stamps of a mixed face: those of imitation, continued in between."""

from __future__ import annotations

_OTHER_CLOCK = 60_000_000_000
"""First stamps of imitation that are older than this are of another clock than ROS's [ns]."""


class MixedStamps:
    """Stamps that do not go back, unless those of imitation do."""

    def __init__(self) -> None:
        self._last = 0
        self._base: int | None = None
        self._heard = 0

    def of_imitation(self, stamp: int, clock: int) -> int:
        """Return the stamp of a face that imitation has caused, which is imitation's own.

        Faces in between may have been stamped later, as after a stall: then it is that of the
        last one.

        Args:
            stamp: Stamp of imitation [ns].
            clock: Present time of ROS [ns].
        """
        oldest = self._last - _OTHER_CLOCK if self._base is None else self._base
        self._base, self._heard = stamp, clock
        self._last = stamp if stamp < oldest else max(self._last, stamp)
        return self._last

    def in_between(self, clock: int) -> int:
        """Return the stamp of a face between those of imitation.

        It is as old as imitation's are, so that a latency measured from stamps stays true.

        Args:
            clock: Present time of ROS [ns]; the stamp itself for a face without any imitation.
        """
        stamp = clock if self._base is None else self._base + clock - self._heard
        self._last = max(self._last, stamp)
        return self._last
