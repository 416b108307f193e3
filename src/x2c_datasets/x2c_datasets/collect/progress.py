# SPDX-License-Identifier: Apache-2.0
"""Shows how far a collection is: a bar in a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

_PERIOD = 10.0
"""Time between two lines where the output is no terminal [s]."""


class CollectProgress:
    """Pairs that there are, the rate, and the time left; what was there before makes no rate.

    Args:
        console: Where to.
        total: How many pairs there are to be.
    """

    def __init__(self, console: Console, total: int) -> None:
        self._console = console
        self._total = total
        self._done = 0
        self._found: int | None = None
        self._started = self._printed = time.monotonic()
        self._bar = Progress(
            TextColumn("pairs"),
            BarColumn(),
            MofNCompleteColumn(),
            _Rate(),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("", total=total)

    def __enter__(self) -> Self:
        """Begin."""
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End."""
        self._bar.stop()

    @property
    def rate(self) -> float:
        """Pairs a second since the first report."""
        passed = time.monotonic() - self._started
        return (self._done - (self._found or 0)) / max(passed, 1e-9)

    def advance(self, pairs: int) -> None:
        """Take note of more pairs; the first time, of those that were there before."""
        self._done += pairs
        if self._found is None:
            self._found = pairs
            self._started = time.monotonic()
            # Not a step: it would be taken for speed.
            self._bar.reset(self._task, total=self._total, completed=pairs)
            return
        self._bar.advance(self._task, pairs)
        now = time.monotonic()
        if self._bar.disable and now - self._printed > _PERIOD:
            self._printed = now
            left = (self._total - self._done) / max(self.rate, 1e-9)
            self._console.print(
                f"{self._done} of {self._total} pairs, {self.rate:.0f} pairs/s, {left:.0f} s left",
                highlight=False,
            )


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        """Return the rate."""
        return Text(f"{task.speed:.0f} pairs/s" if task.speed else "– pairs/s")  # noqa: RUF001
