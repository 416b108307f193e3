# SPDX-License-Identifier: Apache-2.0
"""Progress of a long task: bars in a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)


class ProgressDisplay:
    """Bars of a task, with the time left and a text each.

    Args:
        console: Console to print to.
        period: Time between two lines if the console is no terminal [s].
        quiet: Whether to print nothing, as in all but one of several processes.
        transient: Whether the bars disappear at the end.
    """

    def __init__(
        self,
        console: Console,
        *,
        period: float = 10.0,
        quiet: bool = False,
        transient: bool = False,
    ) -> None:
        self._console = console
        self._period = period
        self._quiet = quiet
        self._printed = time.monotonic()
        self._bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[text]}"),
            console=console,
            transient=transient,
            disable=quiet or not console.is_terminal,
        )

    def __enter__(self) -> Self:
        """Begin."""
        self._bars.start()
        return self

    def __exit__(self, *error: object) -> None:
        """End."""
        # Rich 13 (apt) ends even bars that are switched off with an empty line.
        if not self._bars.disable:
            self._bars.stop()

    def add(self, name: str, total: int | None, completed: int = 0) -> TaskID:
        """Add a bar; what is completed already does not count as speed.

        Args:
            name: Name of the bar.
            total: Number of steps; None if unknown.
            completed: Number of steps done before.
        """
        return self._bars.add_task(name, total=total, completed=completed, text="")

    def update(self, bar: TaskID, completed: int, text: str = "") -> None:
        """Move a bar to a number of steps, with a text behind it."""
        self._bars.update(bar, completed=completed, text=text)

    def advance(self, bar: TaskID, steps: int = 1, text: str = "") -> None:
        """Move a bar by some steps, with a text behind it."""
        self._bars.update(bar, advance=steps, text=text)

    def remove(self, bar: TaskID) -> None:
        """Remove a bar."""
        self._bars.remove_task(bar)

    def say(self, text: str) -> None:
        """Print a line, above the bars."""
        if not self._quiet:
            self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def say_now_and_then(self, text: str, at_once: bool = False) -> None:
        """Print a line if there are no bars, unless the last one was printed a moment ago."""
        now = time.monotonic()
        if self._bars.disable and (at_once or now - self._printed > self._period):
            self._printed = now
            self.say(text)
