# SPDX-License-Identifier: Apache-2.0
"""Progress of an evaluation of recordings."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rich.console import Console
from rich.progress import TaskID

from x2c_core.terminal.progress import ProgressDisplay
from x2c_evaluation.offline.recording.job import EvaluationJob


class EvaluationProgress(ProgressDisplay):
    """Bar over all recordings, and one for each that is in work.

    Args:
        jobs: Recordings to evaluate.
        console: Console to print to.
    """

    def __init__(self, jobs: Sequence[EvaluationJob], console: Console) -> None:
        super().__init__(console, transient=True)
        self._jobs = jobs
        self._whole = self.add("recordings", len(jobs))
        self._recordings: dict[int, TaskID] = {}
        self._began = time.monotonic()
        self._frames: dict[int, int] = {}
        self._rate = ""

    def kept(self, index: int) -> None:
        """Take note of a recording that was evaluated before."""
        self.advance(self._whole, text=self._rate)

    def worked(self, index: int, frames: int) -> None:
        """Take note of the number of frames evaluated of a recording."""
        if not frames:
            return
        if index not in self._recordings:
            self._recordings[index] = self.add(f"  {self._jobs[index].name}", None)
        self._frames[index] = frames
        self.update(self._recordings[index], frames)
        speed = sum(self._frames.values()) / max(time.monotonic() - self._began, 1e-3)
        self._rate = f"{speed:.0f} frames/s"
        self.advance(self._whole, 0, self._rate)

    def done(self, index: int, seconds: float) -> None:
        """Take note of a recording that is evaluated now."""
        if index in self._recordings:
            self.remove(self._recordings.pop(index))
        self.advance(self._whole, text=self._rate)
