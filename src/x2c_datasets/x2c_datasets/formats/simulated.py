# SPDX-License-Identifier: Apache-2.0
"""Read X2C-Sim: a Hugging Face image folder with Parquet metadata, finished or not."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from x2c_core.control_space import controls
from x2c_core.errors import TableError
from x2c_core.face import topology
from x2c_core.words import counted
from x2c_datasets.formats import layout
from x2c_datasets.formats.data_set import DataSet, Pair, Skipped
from x2c_datasets.formats.images import ImageFolder
from x2c_datasets.formats.parquet_columns import numbers, plain, read_columns, texts


def read_simulated(folder: Path, landmarks: bool = False) -> DataSet:
    """Return the pairs of an X2C-Sim folder.

    Args:
        folder: Folder that `x2c collect` has written, or is still writing.
        landmarks: Whether to read the landmarks too, 6 kB each.
    """
    pairs: list[Pair] = []
    skipped: list[Skipped] = []
    notes: list[str] = []
    images = ImageFolder(folder)
    for split, file in _files(folder, notes):
        if not images.holds(file):
            skipped.append(Skipped(file, None, "it leads out of the data set by a symbolic link"))
            continue
        try:
            table = _read_table(file, landmarks)
            _read_rows(images, split, file, table, pairs, skipped)
        except TableError as error:
            skipped.append(Skipped(file, None, str(error)))
    return DataSet(folder, pairs, skipped, notes)


def _files(folder: Path, notes: list[str]) -> list[tuple[str | None, Path]]:
    """Return the metadata files with their splits; parts say the split themselves."""
    parts = layout.parts(folder)
    if parts:
        notes.append(
            f"{folder} is half written: {counted(len(parts), 'animation is', 'animations are')} "
            "there so far; run the same collect command again to complete it"
        )
        return [(None, part) for part in parts]
    return [
        (split, file)
        for split in layout.SPLITS
        if (file := folder / split / layout.METADATA).is_file()
    ]


def _read_table(file: Path, landmarks: bool) -> pa.Table:
    wanted = [*layout.REQUIRED, layout.SPLIT]
    if landmarks:
        wanted += [layout.LANDMARKS, layout.PROJECTION]
    table = read_columns(file, wanted)
    missing = [name for name in layout.REQUIRED if name not in table.column_names]
    if missing:
        raise TableError(f"the columns {', '.join(missing)} are missing")
    return table


def _read_rows(
    images: ImageFolder,
    split: str | None,
    file: Path,
    table: pa.Table,
    pairs: list[Pair],
    skipped: list[Skipped],
) -> None:
    splits = texts(table, layout.SPLIT) if layout.SPLIT in table.column_names else []
    names = texts(table, layout.FILE_NAME)
    animations = plain(table, layout.ANIMATION)
    values = np.stack([numbers(table, name) for name in controls.NAMES], axis=1)
    finite = np.isfinite(values)
    extras = zip(
        _lists(table, layout.LANDMARKS, (topology.COUNT, 3)),
        _lists(table, layout.PROJECTION, (3, 4)),
        strict=True,
    )
    for row, (name, extra) in enumerate(zip(names, extras, strict=True)):
        if not finite[row].all():
            bad = ", ".join(controls.NAMES[i] for i in np.flatnonzero(~finite[row]))
            skipped.append(Skipped(file, row, f"the values of {bad} are missing or not finite"))
            continue
        if not name:
            skipped.append(Skipped(file, row, f"it has no {layout.FILE_NAME}"))
            continue
        where = split or (splits[row] if splits else "") or ""
        below = os.path.join(where, name)
        if reason := images.problem(below):
            skipped.append(Skipped(file, row, reason))
            continue
        image, animation = images.path / below, str(animations[row] or "")
        pairs.append(Pair(image, values[row], animation, where, file, row, *extra))


def _lists(table: pa.Table, name: str, shape: tuple[int, int]) -> Sequence[Any]:
    """Return a column of nested lists as arrays of a shape, or of None where it has no such."""
    if name in table.column_names and table[name].null_count == 0:
        flat = table[name].combine_chunks()
        while pa.types.is_list(flat.type) or pa.types.is_fixed_size_list(flat.type):
            flat = flat.flatten()
        if pa.types.is_floating(flat.type):
            values = np.asarray(flat, dtype=np.float64)
            if values.size == len(table) * shape[0] * shape[1]:
                return list(values.reshape(len(table), *shape))
    return [None] * len(table)
