# SPDX-License-Identifier: Apache-2.0
"""Read X2C as upstream's code does: pickles that list image paths and control values."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from x2c_core.arrays import Array
from x2c_core.control_space import controls
from x2c_core.errors import ControlError
from x2c_core.files.entries import shown
from x2c_datasets.errors import DataSetError
from x2c_datasets.formats import restricted_pickle
from x2c_datasets.formats.angle_unit import FileAngleUnit, find_unit, to_radians
from x2c_datasets.formats.data_set import DataSet, Pair, Skipped
from x2c_datasets.formats.images import ImageFolder

FILES = {
    "train_split_cg.pkl": "train",
    "val_split_cg.pkl": "val",
    "train_split.pkl": "train",
    "val_split.pkl": "val",
    "real_test_split_filtered.pkl": "real_test",
}
"""Upstream's files, and our names of what they hold; of two for a split the first one counts."""

_DEEPEST = 64
"""Parts of a path that an image is looked for by."""
_KEYS = (("img_path", "ctrl_values"), ("img_paths", "control_vals"))


def pickles_in(folder: Path) -> list[Path]:
    """Return upstream's pickles in a folder, one for each split."""
    found: dict[str, Path] = {}
    for name, split in FILES.items():
        if (folder / name).is_file():
            found.setdefault(split, folder / name)
    return list(found.values())


def read_upstream(
    files: Sequence[Path], images: Path | None = None, angles: FileAngleUnit | None = None
) -> DataSet:
    """Return the pairs that some of upstream's pickles list.

    Args:
        files: The pickles.
        images: Folder of the images; that of the pickles where it is None.
        angles: Unit of the angles; found out from the data of each file where it is None.

    Raises:
        DataSetError: A file is refused, unreadable or not laid out as expected.
    """
    pairs: list[Pair] = []
    skipped: list[Skipped] = []
    notes: list[str] = []
    for file in files:
        split = FILES.get(file.name, file.stem)
        paths, values = _columns(file)
        table = PairTable(file, paths, values, [split] * len(paths))
        read_table(table, images or file.parent, angles, pairs, skipped, notes)
    return DataSet(files[0].parent, pairs, skipped, notes)


@dataclass(frozen=True)
class PairTable:
    """Rows of a file, not checked yet.

    Attributes:
        file: The file.
        paths: Path of the image of each row.
        values: Control values of each row.
        splits: Split of each row.
    """

    file: Path
    paths: Sequence[Any]
    values: Sequence[Any]
    splits: Sequence[str]


def read_table(
    table: PairTable,
    folder: Path,
    angles: FileAngleUnit | None,
    pairs: list[Pair],
    skipped: list[Skipped],
    notes: list[str],
) -> None:
    """Add the pairs of a table; rows that cannot be used are skipped.

    Args:
        table: Rows of a file.
        folder: Folder of the images.
        angles: Unit of the angles; found out from the data where it is None.
        pairs: Takes the pairs.
        skipped: Takes the rows that cannot be used.
        notes: Takes the unit of the angles.
    """
    file, paths, values = table.file, table.paths, table.values
    rows, good = [], []
    for row, given in enumerate(values):
        try:
            good.append(_vector(given))
            rows.append(row)
        except ControlError as error:
            skipped.append(Skipped(file, row, str(error)))
    numbers = np.array(good).reshape(len(good), controls.COUNT)
    unit, why = find_unit(numbers) if angles is None else (angles, f"angles stated as {angles}")
    notes.append(f"{file.name}: {why}")
    finder = _Finder(folder)
    for row, one in zip(rows, to_radians(numbers, unit), strict=True):
        path = paths[row]
        if not isinstance(path, str):
            skipped.append(Skipped(file, row, f"expected the path of an image, got {shown(path)}"))
            continue
        found = finder.find(path)
        if reason := finder.images.problem(found):
            skipped.append(Skipped(file, row, reason))
        else:
            pairs.append(Pair(folder / found, one, "", table.splits[row], file, row))


def _vector(given: Any) -> Array:
    # Lists of lists of the same would become an array without end.
    if isinstance(given, list | tuple) and any(
        issubclass(kind, list | tuple | dict | np.ndarray) for kind in set(map(type, given))
    ):
        raise ControlError(f"expected {controls.COUNT} numbers, got {shown(given)}")
    return controls.vector(given)


def _columns(file: Path) -> tuple[Sequence[Any], Sequence[Any]]:
    content = restricted_pickle.load(file)
    expected = " or ".join(f"{a!r} and {b!r}" for a, b in _KEYS)
    if not isinstance(content, dict):
        raise DataSetError(
            f"{file}: expected a dict with {expected}, got {type(content).__name__}"
        )
    for path_key, value_key in _KEYS:
        if path_key in content and value_key in content:
            break
    else:
        has = shown(list(content))[1:-1] or "nothing"
        raise DataSetError(f"{file}: expected a dict with {expected}; it holds {has}")
    columns = []
    for key in (path_key, value_key):
        column = content[key]
        if isinstance(column, np.ndarray) and column.ndim:
            column = column.tolist()
        if not isinstance(column, list | tuple):
            raise DataSetError(f"{file}: expected a list in {key!r}, got {type(column).__name__}")
        columns.append(column)
    if len(columns[0]) != len(columns[1]):
        raise DataSetError(
            f"{file}: {len(columns[0])} paths in {path_key!r}, but {len(columns[1])} rows in "
            f"{value_key!r}; expected as many"
        )
    return columns[0], columns[1]


class _Finder:
    """Find images below a folder, though their paths may be those of another machine."""

    def __init__(self, folder: Path) -> None:
        self.images = ImageFolder(folder)
        self._folder = str(folder)
        self._cut = 0

    def find(self, path: str) -> str:
        """Return where an image is below the folder, or its path as it was given.

        A path may be that of another machine: it is looked for below the folder alone.
        """
        parts = [one for one in path.replace("\\", "/").split("/") if one not in ("", ".")]
        if ".." in parts or "\0" in path or len(parts) > _DEEPEST:
            return path
        for cut in self._cuts(len(parts)):
            candidate = "/".join(parts[cut:])
            if os.path.isfile(f"{self._folder}/{candidate}"):
                # The next one most likely lies where this one was.
                self._cut = cut
                return candidate
        return path

    def _cuts(self, count: int) -> Iterator[int]:
        if self._cut < count:
            yield self._cut
        yield from (cut for cut in range(count) if cut != self._cut)
