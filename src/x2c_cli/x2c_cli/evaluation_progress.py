# SPDX-License-Identifier: Apache-2.0
"""Shows how far an evaluation of recordings is."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from x2c_evaluation.offline.recording.evaluate import EvaluationJob


class EvaluationProgress:
    """A bar over all recordings, and one for each that is being worked on.

    Args:
        jobs: The recordings.
        console: Console to print to.
    """

    def __init__(self, jobs: Sequence[EvaluationJob], console: Console) -> None:
        self._jobs = jobs
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        rate = TextColumn("{task.fields[rate]}")
        self._bars = Progress(
            *columns, rate, TimeRemainingColumn(), console=console, transient=True
        )
        self._whole = self._bars.add_task("recordings", total=len(jobs), rate="")
        self._tasks: dict[int, TaskID] = {}
        self._began = time.monotonic()
        self._frames: dict[int, int] = {}

    def __enter__(self) -> Self:
        """Begin."""
        self._bars.start()
        return self

    def __exit__(self, *error: object) -> None:
        """End, leaving nothing behind."""
        self._bars.stop()

    def kept(self, place: int) -> None:
        """Take note of a recording that was evaluated before."""
        self._bars.advance(self._whole)

    def worked(self, place: int, frames: int) -> None:
        """Take note of the frames worked on."""
        if not frames:
            return
        if place not in self._tasks:
            name = escape(self._jobs[place].name)
            self._tasks[place] = self._bars.add_task(f"  {name}", total=None, rate="")
        self._frames[place] = frames
        self._bars.update(self._tasks[place], completed=frames)
        speed = sum(self._frames.values()) / max(time.monotonic() - self._began, 1e-3)
        self._bars.update(self._whole, rate=f"{speed:.0f} frames/s")

    def done(self, place: int, seconds: float) -> None:
        """Take note of a recording that is evaluated now."""
        if place in self._tasks:
            self._bars.remove_task(self._tasks.pop(place))
        self._bars.advance(self._whole)
