# SPDX-License-Identifier: Apache-2.0
"""Progress of a collection: a bar in a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time

from rich.console import Console
from rich.progress import TaskID

from x2c_core.terminal.progress import ProgressDisplay


class CollectProgress(ProgressDisplay):
    """Number of pairs, rate, and time left; pairs of an earlier run do not count as speed.

    Args:
        console: Console to print to.
        total: Number of pairs in the complete data set.
    """

    def __init__(self, console: Console, total: int) -> None:
        super().__init__(console)
        self._total = total
        self._done = 0
        self._found = 0
        self._started = time.monotonic()
        self._bar: TaskID | None = None

    @property
    def rate(self) -> float:
        """Pairs per second since the first report."""
        return (self._done - self._found) / max(time.monotonic() - self._started, 1e-9)

    def collected(self, pairs: int) -> None:
        """Take note of more pairs; the first time, of those of an earlier run."""
        self._done += pairs
        if self._bar is None:
            self._found = pairs
            self._started = time.monotonic()
            self._bar = self.add("pairs", self._total, pairs)
            return
        rate = self.rate
        self.update(self._bar, self._done, f"{rate:.3g} pairs/s")
        left = (self._total - self._done) / max(rate, 1e-9)
        self.say_now_and_then(
            f"{self._done} of {self._total} pairs, {rate:.3g} pairs/s, {duration_text(left)} left"
        )


def duration_text(seconds: float) -> str:
    """Return a duration for a person, such as "1 h 40 min"."""
    if seconds < 120.0:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60.0)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
