# SPDX-License-Identifier: Apache-2.0
"""Read X2C as it is on the Hugging Face hub: a table of JSON lines, and folders of images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from x2c_core.files.bounded_json import load_json
from x2c_core.files.input_limits import TEXT_BYTES
from x2c_core.files.regular_files import read_text
from x2c_datasets.errors import DataSetError
from x2c_datasets.formats.angle_unit import FileAngleUnit
from x2c_datasets.formats.data_set import DataSet, Pair, Skipped
from x2c_datasets.formats.upstream import PairTable, read_table

METADATA = "metadata.jsonl"
"""File of one JSON object a line, with the name of an image and its control values."""

_NAME, _VALUES = "file_name", "ctrl_value"
_PER_FOLDER = 10_000
_RUNS, _LONGEST_RUN = 50, 1000
_EVERY = 5


def read_hub(
    folder: Path, images: Path | None = None, angles: FileAngleUnit | None = None
) -> DataSet:
    """Return the pairs of a copy of the hub's data set.

    It has no splits. Neighbouring images are of one animation, so runs of them are split, not
    single images: every fifth run is for validation, as upstream's share is.

    Args:
        folder: Folder with the table.
        images: Folder of the images; that of the table where it is None.
        angles: Unit of the angles; found out from the data where it is None.

    Raises:
        DataSetError: The table cannot be read.
    """
    file = folder / METADATA
    try:
        lines = read_text(file, TEXT_BYTES).splitlines()
    except (OSError, ValueError) as error:
        raise DataSetError(f"cannot read {file}: {error}") from error
    pairs: list[Pair] = []
    skipped: list[Skipped] = []
    run = max(min(len(lines) // _RUNS, _LONGEST_RUN), 1)
    notes = [f"{METADATA} has no splits: of every {_EVERY} runs of {run} images, one is for val"]
    paths: list[Any] = []
    values: list[Any] = []
    for line in lines:
        path, row = _row(line)
        paths.append(path)
        values.append(row)
    splits = ["val" if row // run % _EVERY == _EVERY - 1 else "train" for row in range(len(lines))]
    read_table(
        PairTable(file, paths, values, splits), images or folder, angles, pairs, skipped, notes
    )
    return DataSet(folder, pairs, skipped, notes)


def _row(line: str) -> tuple[Any, Any]:
    """Return path and values of a line; None for what is neither, which is refused later."""
    try:
        content = load_json(line)
    except ValueError:
        return None, None
    if not isinstance(content, dict):
        return None, None
    name, values = content.get(_NAME), content.get(_VALUES)
    if isinstance(name, str) and "/" not in name:
        stem = name.partition(".")[0]
        # The hub takes 10 000 files in a folder.
        if stem.isascii() and stem.isdigit() and len(stem) < 10:
            name = f"images{int(stem) // _PER_FOLDER}/{name}"
    return name, values
