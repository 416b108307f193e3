# SPDX-License-Identifier: Apache-2.0
"""A data set decoded and brought to a network's size, in files that are mapped into memory."""

from __future__ import annotations

import enum
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from x2c_core.arrays import Array, ImageBatch, Indices
from x2c_core.control_space import controls
from x2c_core.files.bounded_json import load_json_file
from x2c_core.files.regular_files import check_regular
from x2c_imitation.x2cnet.landmark_motion import MOTION_COUNT, Motions
from x2c_training.errors import PreparationError

MANIFEST = "manifest.json"
STATE = "state.npy"
VALUES = "values.npy"
RENDERED = "rendered.npy"
TRANSFERRED = "transferred.npy"
MOTION = "motion.npy"


class RowState(enum.IntEnum):
    """State of a row."""

    TODO = 0
    READY = 1
    BAD = 2


@dataclass(frozen=True)
class Prepared:
    """Images and control values, by row.

    Attributes:
        folder: Folder of the files.
        size: Width and height of the images [px].
        rendered: (n, size, size, 3) RGB, as the data set has them.
        transferred: Likewise, the same expressions transferred onto the robot's neutral image;
            None where they could not be made.
        motion: (n, MOTION_COUNT) motion of the landmarks; None where no network takes it.
        values: (n, 30) [ratio or rad].
        splits: (n,) name of each row's split.
        usable: (n,) whether a row's images could be made.
        skipped: Rows left out, by file and row, with the reason.
        notes: Notes and assumptions.
    """

    folder: Path
    size: int
    rendered: ImageBatch
    transferred: ImageBatch | None
    motion: Motions | None
    values: Array
    splits: NDArray[np.str_]
    usable: NDArray[np.bool_]
    skipped: Sequence[str]
    notes: Sequence[str]

    def rows(self, split: str) -> Indices:
        """Return the usable rows of a split.

        Raises:
            PreparationError: There is none.
        """
        found = np.flatnonzero((self.splits == split) & self.usable)
        if not found.size:
            known = ", ".join(dict.fromkeys(self.splits[self.usable].tolist())) or "none"
            raise PreparationError(
                f"no usable pair in the split {split!r}; the splits that have some are: {known}"
            )
        return found

    def has(self, split: str) -> bool:
        """Return whether a split has usable rows."""
        return bool(((self.splits == split) & self.usable).any())


class PreparedFiles:
    """The files of one prepared data set, while they are being written.

    Args:
        folder: Folder of the files.
        rows: Number of rows.
        size: Width and height of the images [px].
        transferred: Whether there are transferred images.
        motion: Whether there is the motion of landmarks.
    """

    def __init__(
        self, folder: Path, rows: int, size: int, transferred: bool, motion: bool
    ) -> None:
        self.folder = folder
        self._shape = (rows, size, size, 3)
        self._transferred, self._motion = transferred, motion

    def create(self, values: Array, manifest: dict[str, Any]) -> None:
        """Make the files, all rows to do.

        Raises:
            OSError: They do not fit, or cannot be written.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in (RENDERED, *([TRANSFERRED] if self._transferred else [])):
            np.lib.format.open_memmap(  # type: ignore[no-untyped-call]
                self.folder / name, mode="w+", dtype=np.uint8, shape=self._shape
            )
            # A mapped file that outgrows the disk kills the process: ask for its room beforehand.
            with (self.folder / name).open("r+b") as file:
                os.posix_fallocate(file.fileno(), 0, os.fstat(file.fileno()).st_size)
        if self._motion:
            rows = np.zeros((self._shape[0], MOTION_COUNT), np.float32)
            np.save(self.folder / MOTION, rows)
        np.save(self.folder / VALUES, values)
        np.save(self.folder / STATE, np.zeros(self._shape[0], np.uint8))
        # Last: only with it the files count.
        (self.folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")

    def images(self, name: str) -> ImageBatch:
        """Return one of the two files of images, to write into."""
        return _mapped(self.folder / name)

    def motion(self) -> Motions:
        """Return the motion of landmarks, to write into."""
        return _mapped(self.folder / MOTION)

    def state(self) -> NDArray[np.uint8]:
        """Return the state of each row, to write into."""
        return _mapped(self.folder / STATE)


def _mapped(path: Path) -> NDArray[Any]:
    check_regular(path)
    found: NDArray[Any] = np.load(path, mmap_mode="r+")
    return found


def _loaded(path: Path) -> NDArray[Any]:
    """Return an array whose size numpy has compared with that of its file."""
    check_regular(path)
    return np.array(np.load(path, mmap_mode="r"))


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """Return what a folder was made of, or None where it holds no whole set of files."""
    try:
        content = load_json_file(folder / MANIFEST)
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def open_prepared(folder: Path) -> Prepared:
    """Return a data set that has been prepared.

    Raises:
        PreparationError: The files are damaged.
    """
    manifest = read_manifest(folder)
    if manifest is None:
        raise PreparationError(f"{folder} holds no prepared data set; delete it and start again")
    try:
        state = _loaded(folder / STATE)
        values = _loaded(folder / VALUES)
        check_regular(folder / RENDERED)
        rendered = np.load(folder / RENDERED, mmap_mode="r")
        given = folder / TRANSFERRED
        transferred = np.load(given, mmap_mode="r") if given.is_file() else None
        motion = _loaded(folder / MOTION) if (folder / MOTION).is_file() else None
        splits = np.array(manifest["splits"])
        shapes = (len(state), len(rendered), len(splits), values.shape)
        expected = (len(splits), len(splits), len(splits), (len(splits), controls.COUNT))
        if shapes != expected:
            raise ValueError(f"sizes {shapes} where {expected} are expected")
        if motion is not None and motion.shape != (len(splits), MOTION_COUNT):
            raise ValueError(f"{MOTION} has the shape {motion.shape}")
        return Prepared(
            folder,
            int(manifest["size"]),
            rendered,
            transferred,
            motion,
            values,
            splits,
            state == RowState.READY,
            [*manifest["skipped"], *bad_rows(folder)],
            manifest["notes"],
        )
    except (OSError, ValueError, KeyError) as error:
        raise PreparationError(
            f"the prepared data in {folder} are damaged ({error}); delete that folder to "
            "prepare them again"
        ) from error


_BAD = "bad_rows.txt"


def add_bad_row(folder: Path, text: str) -> None:
    """Take note of a row that cannot be used."""
    with (folder / _BAD).open("a", encoding="utf-8") as file:
        file.write(" ".join(text.split()) + "\n")


def bad_rows(folder: Path) -> list[str]:
    """Return the rows that could not be used, each once."""
    try:
        lines = (folder / _BAD).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    return list(dict.fromkeys(lines))
