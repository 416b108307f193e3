# SPDX-License-Identifier: Apache-2.0
"""The person who is imitated, as sources know of them: there or not, and since when."""

from __future__ import annotations

import math

_TRACKED = 0.5
_HANDOVER = 1.5


class ImitatedPerson:
    """Presence of an imitated person over time.

    Attributes:
        until: Time until which the person counts as imitated [s].
    """

    def __init__(self) -> None:
        self.until = -math.inf
        self._alone = 1.0
        self._time = 0.0

    def see(self, time: float) -> bool:
        """Take it that a person is imitated at a time [s]; return whether one has just come."""
        came = time > self.until
        self.until = time + _TRACKED
        return came

    def pass_to(self, time: float) -> None:
        """Let time pass.

        Args:
            time: Present time [s]; never before that of the last call.
        """
        step = (time - self._time) / _HANDOVER
        self._alone = min(max(self._alone + (-step if self.there(time) else step), 0.0), 1.0)
        self._time = time

    def there(self, time: float) -> bool:
        """Return whether a person is imitated at a time [s]."""
        return time <= self.until

    def absence(self, time: float) -> float:
        """Return the time without an imitated person [s]; 0 while there is one."""
        return max(time - max(self.until, 0.0), 0.0)

    @property
    def alone(self) -> float:
        """Share to which the face is on its own, 0 to 1; it changes fully within 1.5 s."""
        return self._alone
