# SPDX-License-Identifier: Apache-2.0
"""Progress of a training: bars in a terminal, a line now and then elsewhere."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.progress import TaskID

from x2c_core.terminal.progress import ProgressDisplay
from x2c_core.words import counted


class TrainProgress(ProgressDisplay):
    """Preparation first, then the steps with loss, error and share of time waiting for data.

    Args:
        console: Console to print to.
        quiet: Whether to print nothing, as in all but one of several processes.
    """

    def __init__(self, console: Console, quiet: bool = False) -> None:
        super().__init__(console, period=15.0, quiet=quiet)
        self._preparing: TaskID | None = None
        self._steps: TaskID | None = None
        self._total = 0

    def prepare(self, done: int, total: int) -> None:
        """Take note of the number of images prepared."""
        if self._preparing is None:
            self._preparing = self.add("images", total, done)
        self.update(self._preparing, done)
        self.say_now_and_then(f"{done} of {counted(total, 'image')} prepared", done == total)

    def begin(self, step: int, total: int) -> None:
        """Take note of the first step, and of the number of steps."""
        self._total = total
        self._steps = self.add("steps", total, step)
        if step:
            self.say(f"resumed after step {step} of {total}")

    def step(self, step: int, values: Mapping[str, float]) -> None:
        """Take note of a step."""
        text = (
            f"epoch {values['epoch'] + 1:.0f}, loss {values['loss']:.4f}, "
            f"error {values['mae']:.4f}, waiting for data {values['waiting_share']:.1%}"
        )
        if self._steps is not None:
            self.update(self._steps, step, text)
        self.say_now_and_then(f"step {step} of {self._total}, {text}")

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
        self.say(", ".join(parts))
