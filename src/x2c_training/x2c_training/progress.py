# SPDX-License-Identifier: Apache-2.0
"""Shows how far a training is: bars in a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import TracebackType
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

_PERIOD = 15.0
"""Time between two lines where the output is no terminal [s]."""


class TrainProgress:
    """Preparation first, then the steps with loss, error and the share of time that was waited.

    Args:
        console: Where to.
        quiet: Show nothing, as in all but one of several processes.
    """

    def __init__(self, console: Console, quiet: bool = False) -> None:
        self._console = console
        self._quiet = quiet
        self._printed = time.monotonic()
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[text]}"),
            console=console,
            disable=quiet or not console.is_terminal,
        )
        self._preparing: TaskID | None = None
        self._steps: TaskID | None = None
        self._total = 0

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

    def tell(self, text: str) -> None:
        """Say something."""
        if not self._quiet:
            self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def prepare(self, done: int, total: int) -> None:
        """Take note of how many pictures are prepared."""
        if self._preparing is None:
            # What was there before must not be taken for speed.
            self._preparing = self._bar.add_task("pictures", total=total, completed=done, text="")
        self._bar.update(self._preparing, completed=done)
        self._now_and_then(f"{done} of {total} pictures prepared", done == total)

    def begin(self, step: int, total: int) -> None:
        """Take note of the step that training begins with, and of how many there are."""
        self._total = total
        self._steps = self._bar.add_task("steps", total=total, completed=step, text="")
        if step:
            self.tell(f"goes on after step {step} of {total}")

    def step(self, step: int, values: Mapping[str, float]) -> None:
        """Take note of a step."""
        text = (
            f"epoch {values['epoch'] + 1:.0f}, loss {values['loss']:.4f}, "
            f"error {values['mae']:.4f}, waiting for data {values['waiting_share']:.1%}"
        )
        if self._steps is not None:
            self._bar.update(self._steps, completed=step, text=text)
        self._now_and_then(f"step {step} of {self._total}, {text}")

    def epoch(self, values: Mapping[str, float]) -> None:
        """Take note of an epoch."""
        parts = [
            f"epoch {values['epoch'] + 1:.0f}: loss {values['loss']:.4f}",
            f"error {values['mae']:.4f}",
            *(
                f"{name} {values[key]:.4f} in validation"
                for name in ("rendered", "transferred")
                if (key := f"val_mae_{name}") in values
            ),
            f"{values['pairs_per_second']:.0f} pairs/s",
            f"waiting for data {values['waiting_share']:.1%}",
        ]
        self.tell(", ".join(parts))

    def _now_and_then(self, text: str, at_once: bool = False) -> None:
        now = time.monotonic()
        if self._bar.disable and (at_once or now - self._printed > _PERIOD):
            self._printed = now
            self.tell(text)
