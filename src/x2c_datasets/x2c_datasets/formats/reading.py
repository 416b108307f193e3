# SPDX-License-Identifier: Apache-2.0
"""Read a data set from a folder or a file, whichever kind it is."""

from __future__ import annotations

from pathlib import Path

from x2c_datasets.errors import DataSetError
from x2c_datasets.formats import hub, layout, upstream
from x2c_datasets.formats.angle_unit import FileAngleUnit
from x2c_datasets.formats.data_set import DataSet
from x2c_datasets.formats.images import ImageFolder

_LISTED = 5
_OF_TABLE = ("train", "val")
"""Splits of the pairs in the hub's table."""


def read_data_set(
    path: Path,
    *,
    images: Path | None = None,
    angles: FileAngleUnit | str | None = None,
    landmarks: bool = False,
) -> DataSet:
    """Return the pairs in a folder of X2C-Sim or of upstream's X2C, or in one of its pickles.

    Args:
        path: The folder or the pickle.
        images: Folder of the images that pickles list; the pickles' own where it is None.
        angles: Unit of the angles in pickles; found out and noted where it is None.
        landmarks: Whether to read landmarks where there are some.

    Raises:
        DataSetError: There is no data set, or nothing of it can be used.
    """
    unit = _unit(angles)
    if path.is_dir():
        data = _read_folder(path, images, unit, landmarks)
    elif path.is_file():
        data = upstream.read_upstream([path], images, unit)
    else:
        raise DataSetError(f"there is no data set at {path}: no such file or folder")
    if not data.pairs:
        reasons = "".join(f"\n  {one}" for one in data.skipped[:_LISTED])
        raise DataSetError(
            f"nothing of {path} can be used; bad rows or files: {len(data.skipped)}{reasons}"
        )
    return data


def _unit(angles: FileAngleUnit | str | None) -> FileAngleUnit | None:
    try:
        return None if angles is None else FileAngleUnit(angles)
    except ValueError:
        raise DataSetError(
            f"unknown unit of angles {angles!r}; expected {' or '.join(FileAngleUnit)}"
        ) from None


def _read_folder(
    path: Path, images: Path | None, unit: FileAngleUnit | None, landmarks: bool
) -> DataSet:
    if layout.parts(path) or any((path / s / layout.METADATA).is_file() for s in layout.SPLITS):
        if unit is FileAngleUnit.DEGREES:
            raise DataSetError(f"{path} is an X2C-Sim folder, whose angles are always radians")
        # pyarrow takes a fifth of a second to import.
        from x2c_datasets.formats.simulated import read_simulated

        return read_simulated(path, landmarks)
    pickles = upstream.pickles_in(path)
    folder = ImageFolder(path)
    table = path / hub.METADATA
    # What upstream's script made of the table goes before it.
    is_hub = table.is_file() and all(upstream.FILES[one.name] not in _OF_TABLE for one in pickles)
    for one in [*pickles, *([table] if is_hub else [])]:
        if not folder.holds(one):
            raise DataSetError(f"{one} leads out of the data set by a symbolic link: copy it")
    if not pickles and not is_hub:
        raise DataSetError(
            f"{path} holds no data set: expected {layout.SPLITS[0]}/{layout.METADATA} "
            f"(X2C-Sim), or {hub.METADATA}, {', '.join(upstream.FILES)} (X2C)"
        )
    parts = [hub.read_hub(path, images, unit)] if is_hub else []
    if pickles:
        parts.append(upstream.read_upstream(pickles, images, unit))
    return DataSet(
        path,
        [pair for part in parts for pair in part.pairs],
        [one for part in parts for one in part.skipped],
        [note for part in parts for note in part.notes],
    )
