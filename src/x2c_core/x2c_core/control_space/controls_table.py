# SPDX-License-Identifier: Apache-2.0
"""Control values over time as a CSV file: the stamp [s] and one column for each control."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from x2c_core.control_space import controls
from x2c_core.files.whole_file import WholeFile

FILE_NAME = "controls.csv"
HEADER: tuple[str, ...] = ("stamp", *controls.NAMES)

_LONGEST_WAITING = 8 * 1024 * 1024
"""Rows for which there is no room on the disk wait in memory, up to so much [byte]."""


class ControlsTable:
    """An open CSV file; rows reach the disk at every flush.

    Args:
        path: The file; one that exists is replaced.

    Raises:
        OSError: It cannot be written.
    """

    def __init__(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self._file = WholeFile(path)
        self._row(HEADER)
        self.flush()

    def write(self, stamp: int, values: ArrayLike) -> None:
        """Add the values (30,) [ratio or rad] of one stamp [ns].

        Where the disk has been full for long, they are forgotten.
        """
        if self._file.waiting > _LONGEST_WAITING:
            return
        seconds, rest = divmod(stamp, 1_000_000_000)
        # float32 has the shortest text that reads back as the same number.
        texts = [str(value) for value in np.asarray(values, dtype=np.float32)]
        self._row((f"{seconds}.{rest:09d}", *texts))

    def flush(self) -> None:
        """Bring all rows to the disk.

        Raises:
            OSError: They do not fit; they wait for room.
        """
        self._file.commit()

    def close(self) -> None:
        """Bring all rows to the disk and close the file.

        Raises:
            OSError: They do not fit and are lost; the rows before them stay.
        """
        self._file.close()

    def _row(self, cells: tuple[str, ...]) -> None:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerow(cells)
        self._file.write(text.getvalue().encode())
