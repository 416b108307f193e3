# SPDX-License-Identifier: Apache-2.0
"""Curves of a training: a CSV file of its steps, one of its epochs, and TensorBoard's."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

STEPS = "steps.csv"
EPOCHS = "epochs.csv"
TENSORBOARD = "tensorboard"


class Table:
    """A CSV file that grows by rows; what came after a checkpoint is taken off again.

    Args:
        path: The file.
        columns: The first is the step.
        step: Rows up to this step stay.
    """

    def __init__(self, path: Path, columns: Sequence[str], step: int) -> None:
        kept = _rows_until(path, columns, step)
        partial = path.with_name(path.name + ".part")
        with partial.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([list(columns), *kept])
        partial.replace(path)
        self._columns = columns
        self._file = path.open("a", newline="", encoding="utf-8")
        self._writer = csv.writer(self._file)

    def add(self, row: Mapping[str, Any]) -> None:
        """Write a row; columns that it lacks stay empty."""
        self._writer.writerow([_text(row.get(name)) for name in self._columns])
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class TrainingCurves:
    """Both tables and TensorBoard's events.

    Args:
        folder: Folder to write to.
        steps: Columns of the steps.
        epochs: Columns of the epochs.
        step: Step at which training resumes: entries of later steps are removed.
    """

    def __init__(
        self, folder: Path, steps: Sequence[str], epochs: Sequence[str], step: int
    ) -> None:
        # It takes seconds to import, and is needed nowhere else.
        from torch.utils.tensorboard import SummaryWriter

        self._steps = Table(folder / STEPS, ("step", *steps), step)
        self._epochs = Table(folder / EPOCHS, ("step", *epochs), step)
        self._board = SummaryWriter(folder / TENSORBOARD, purge_step=step + 1 if step else None)

    def step(self, step: int, values: Mapping[str, float]) -> None:
        """Take note of a step."""
        self._steps.add({"step": step, **values})
        self._show("step", step, values)

    def epoch(self, step: int, values: Mapping[str, float]) -> None:
        """Take note of an epoch, at the step that ended it."""
        self._epochs.add({"step": step, **values})
        self._show("epoch", step, values)
        self._board.flush()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close the files."""
        self._steps.close()
        self._epochs.close()
        self._board.close()

    def _show(self, prefix: str, step: int, values: Mapping[str, float]) -> None:
        for name, value in values.items():
            if name != "epoch":
                self._board.add_scalar(f"{prefix}/{name}", value, step)


def _rows_until(path: Path, columns: Sequence[str], step: int) -> list[list[str]]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except FileNotFoundError:
        return []
    # Another version may have had other columns.
    return [
        [row.get(name) or "" for name in columns]
        for row in rows
        if (number := row.get(columns[0]) or "").isdigit() and int(number) <= step
    ]


def _text(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.9g}" if isinstance(value, float) else str(value)
