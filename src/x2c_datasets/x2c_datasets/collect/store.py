# SPDX-License-Identifier: Apache-2.0
"""The folder of a data set while it grows: whole animations, or nothing of them.

An animation is there when its metadata part is; the part comes last, after its images. So a
killed run or a full disk leaves whole animations, and a later run does only what is missing.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol, Self

import pyarrow as pa
import pyarrow.parquet as pq

from x2c_core.files.input_limits import LimitError
from x2c_datasets.animation.animation import Animation
from x2c_datasets.collect import tables
from x2c_datasets.collect.shot import Shot
from x2c_datasets.collection_settings import differences, read_settings_file
from x2c_datasets.errors import CollectError
from x2c_datasets.formats import layout
from x2c_datasets.formats.parquet_columns import read_as_written

_PARTS_AT_ONCE = 100
_DONE = f"{layout.WORK}.done"


class Described(Protocol):
    """Settings and versions that made a folder; the same text means the same data set."""

    def to_json(self) -> str:
        """Return it as JSON."""
        ...


class AnimationStore:
    """Write animations into a folder that one process has opened with `open_folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._work = folder / layout.WORK
        self._parts = self._work / layout.PARTS

    def write(self, animation: Animation, shots: Sequence[Shot]) -> None:
        """Write an animation; several processes may write different ones at once.

        Raises:
            OSError: It does not fit, or cannot be written; nothing of it is left.
        """
        name = animation.identifier
        coming = self._work / f"{name}.{os.getpid()}"
        target = self.folder / animation.split / name
        part = self._parts / f"{name}.parquet"
        try:
            coming.mkdir()
            for shot in shots:
                (coming / layout.image_name(shot.frame)).write_bytes(shot.jpeg)
            pq.write_table(tables.rows(animation, shots), coming / part.name, **tables.PART)
            # Of an earlier run that was killed right here.
            shutil.rmtree(target, ignore_errors=True)
            done = self._work / f"{part.name}.{os.getpid()}"
            (coming / part.name).rename(done)
            coming.rename(target)
            done.rename(part)
        except BaseException:
            shutil.rmtree(coming, ignore_errors=True)
            if not part.exists():
                shutil.rmtree(target, ignore_errors=True)
            raise

    def finish(self) -> None:
        """Join the parts into one metadata file for each split.

        Raises:
            OSError: They do not fit; the parts are still there.
            CollectError: A part cannot be read.
        """
        for split in layout.SPLITS:
            parts = [part for part in layout.parts(self.folder) if _split(part) == split]
            target = self.folder / split / layout.METADATA
            coming = self._work / f"{split}.parquet"
            writer = None
            try:
                for start in range(0, len(parts), _PARTS_AT_ONCE):
                    some = [_read(part) for part in parts[start : start + _PARTS_AT_ONCE]]
                    table = pa.concat_tables(some)
                    writer = writer or pq.ParquetWriter(coming, table.schema, **tables.WHOLE)
                    writer.write_table(table)
            finally:
                if writer is not None:
                    writer.close()
            if parts:
                coming.rename(target)

    def done(self) -> set[int]:
        """Return the numbers of the animations that are there."""
        return {_index(part) for part in layout.parts(self.folder)}


class OpenFolder:
    """A folder that this process alone collects into.

    Args:
        folder: Made where there is none.
        settings: Settings of the data set that it holds.

    Raises:
        CollectError: It holds something else, another process is at it, or it cannot be written.
    """

    def __init__(self, folder: Path, settings: Described) -> None:
        self.store = AnimationStore(folder)
        self._folder = folder
        text = settings.to_json()
        if folder.exists() and not folder.is_dir():
            raise CollectError(f"{folder} is no folder: choose another one for the data set")
        try:
            before = read_settings_file(folder)
            if before is None and (strangers := _strangers(folder)):
                raise CollectError(
                    f"{folder} holds other files ({', '.join(strangers)}): choose a new folder"
                )
            if before is not None and (change := differences(text, before)):
                raise CollectError(
                    f"{folder} holds a data set made with other settings: asked for {change}. "
                    "Choose another folder, delete this one, or ask for the same to complete it"
                )
            self.complete = before is not None and not (folder / layout.WORK).exists()
            if self.complete:
                shutil.rmtree(folder / _DONE, ignore_errors=True)
                return
            (folder / layout.WORK / layout.PARTS).mkdir(parents=True, exist_ok=True)
            for split in layout.SPLITS:
                (folder / split).mkdir(exist_ok=True)
            self._lock = os.open(folder / layout.WORK / "lock", os.O_CREAT | os.O_RDWR, 0o644)
            self._take_lock()
            _write_once(folder / layout.SETTINGS, text)
            self._tidy()
        except OSError as error:
            raise CollectError(
                f"cannot write to {folder}: {error.strerror or error}: {error.filename or folder}"
            ) from error

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Let other processes collect into the folder."""
        if not self.complete:
            os.close(self._lock)

    def close_complete(self) -> None:
        """Take away what only an unfinished collection needs; now it is complete."""
        # One rename ends the unfinished state, however long removing takes.
        gone = self._folder / _DONE
        (self._folder / layout.WORK).rename(gone)
        for split in layout.SPLITS:
            with suppress(OSError):
                (self._folder / split).rmdir()
        shutil.rmtree(gone, ignore_errors=True)

    def _take_lock(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise CollectError(
                f"another process is collecting into {self._folder}: let it end, or choose "
                "another folder"
            ) from None

    def _tidy(self) -> None:
        """Remove what killed runs have left half written."""
        work = self._folder / layout.WORK
        for left in work.iterdir():
            if left.is_dir() and left.name != layout.PARTS:
                shutil.rmtree(left, ignore_errors=True)
            elif left.suffix.lstrip(".").isdigit():
                left.unlink(missing_ok=True)


def _strangers(folder: Path) -> list[str]:
    """Return what is in a folder, beside what a run has that was killed at its very start."""
    ours = {layout.WORK, *(split for split in layout.SPLITS if _is_empty(folder / split))}
    inside = folder.iterdir() if folder.exists() else ()
    return sorted(path.name for path in inside if path.name not in ours)[:3]


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and not any(folder.iterdir())


def _write_once(path: Path, text: str) -> None:
    if not path.exists():
        coming = path.parent / layout.WORK / path.name
        coming.write_text(text, encoding="utf-8")
        coming.rename(path)


def _index(part: Path) -> int:
    return int(part.stem[1:])


def _split(part: Path) -> str:
    return layout.split_of(_index(part))


def _read(part: Path) -> pa.Table:
    try:
        return read_as_written(part)
    except (OSError, LimitError, pa.ArrowException) as error:
        raise CollectError(f"cannot read {part}: {error}. Delete it and run again") from error
