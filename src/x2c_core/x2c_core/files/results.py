# SPDX-License-Identifier: Apache-2.0
"""Results that are made beside earlier ones, and replace them only when they are complete."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from x2c_core.errors import OutputError

UNFINISHED = "unfinished"
"""Beginning of the names of folders in which results are made; the time follows."""

_EARLIER = "earlier"
"""Folder, or beginning of its name, for earlier results while new ones are made or replace them.
"""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Write a file beside its final path, and move it there when the block ends without an error.

    After an error, and after Ctrl-C, an earlier file is as it was.

    Args:
        path: Final path; its folder is created if missing. A link is followed, and a device is
            written directly.

    Yields:
        Path to write to, with the same extension.

    Raises:
        OutputError: The file cannot be written.
    """
    target = path.resolve()
    if target.is_dir():
        raise OutputError(f"cannot write {path}: it is a folder: give the name of a file")
    partial = target.with_name(f".{target.stem}.partial{target.suffix}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists() and not target.is_file():
            yield target
            return
        try:
            yield partial
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        kept = "; the earlier file is as it was" if target.is_file() else ""
        raise OutputError(f"cannot write {path}: {error.strerror or error}{kept}") from error


class ResultsFolder:
    """Results of a run, made in a folder of their own until they are kept.

    Use it in a `with` block. Without `keep` or `set_aside`, earlier results are as they were: what
    was made is removed, or stays where it is after Ctrl-C.

    Attributes:
        folder: Final folder of the results.
        names: Files and folders of which a complete result consists.
        work: Folder to write to; it is in the final folder, and named for the time.

    Args:
        folder: Final folder of the results; created if missing.
        names: Files and folders of which a complete result consists. Earlier ones that are not
            made again are removed; empty for no more than what is made.

    Raises:
        OutputError: The folder cannot be written.
    """

    def __init__(self, folder: Path, names: Sequence[str] = ()) -> None:
        self.folder = folder
        self.names = tuple(names)
        self._new = [one for one in (folder, *folder.parents) if not one.exists()]
        if folder.exists() and not folder.is_dir():
            raise OutputError(f"{folder} is not a folder: choose another one for the results")
        with self.writing():
            folder.mkdir(parents=True, exist_ok=True)
            self.work = _make_new(folder / UNFINISHED)

    @property
    def left_behind(self) -> list[Path]:
        """Folders of earlier runs that were killed; they are never removed."""
        return sorted(one for one in self.folder.glob(f"{UNFINISHED}-*") if one != self.work)

    def write_text(self, name: str, text: str) -> None:
        """Write a text file of the results.

        Raises:
            OutputError: It cannot be written.
        """
        with self.writing():
            (self.work / name).write_text(text, encoding="utf-8")

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Name the folder in errors of the operating system.

        Raises:
            OutputError: Something in the block could not be written.
        """
        try:
            yield
        except OSError as error:
            file = f": {error.filename}" if error.filename else ""
            raise OutputError(
                f"cannot write to {self.folder}: {error.strerror or error}{file}"
            ) from error

    def keep(self) -> None:
        """Replace earlier results.

        Raises:
            OutputError: They cannot be replaced; the earlier ones are as they were.
        """
        made = sorted(one.name for one in self.work.iterdir())
        earlier = self.work / _EARLIER
        moved: list[tuple[Path, Path]] = []
        with self.writing():
            earlier.mkdir()
            try:
                for name in dict.fromkeys((*made, *self.names)):
                    for source, target in (
                        (self.folder / name, earlier / name),
                        (self.work / name, self.folder / name),
                    ):
                        if _exists(source):
                            source.rename(target)
                            moved.append((source, target))
            except OSError:
                for source, target in reversed(moved):
                    target.rename(source)
                raise
        shutil.rmtree(self.work, ignore_errors=True)

    def set_aside(self, name: str) -> Path:
        """Give what was made another name in the final folder, and return its path.

        Args:
            name: New name; what an earlier run has set aside under it is removed.

        Raises:
            OutputError: It cannot be renamed.
        """
        target = self.folder / name
        with self.writing():
            if target.exists():
                shutil.rmtree(target)
            self.work.rename(target)
        return target

    def discard(self) -> None:
        """Remove what was made, and the folders made for it."""
        shutil.rmtree(self.work, ignore_errors=True)
        for folder in self._new:
            with suppress(OSError):
                folder.rmdir()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Remove what is not kept; after Ctrl-C, only if it is nothing."""
        if not self.work.exists():
            return
        if kind is KeyboardInterrupt and any(self.work.iterdir()):
            return
        self.discard()


class EarlierResults:
    """Earlier results, out of the way of new ones that must be in their final place at once.

    It is false if there are none.

    Args:
        folder: Folder of the results.
        names: Files and folders in it to put out of the way, into a folder named for the time,
            which outlives a run that is killed.

    Raises:
        OSError: They cannot be moved.
    """

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        self._folder = folder
        self._names = names
        self._away: Path | None = None
        found = [name for name in names if _exists(folder / name)]
        if found:
            self._away = _make_new(folder / _EARLIER)
            for name in found:
                (folder / name).rename(self._away / name)

    def __bool__(self) -> bool:
        """Return whether there are earlier results."""
        return self._away is not None

    def __str__(self) -> str:
        """Return where they are now."""
        return f"the earlier results are in {self._away}"

    def drop(self) -> None:
        """Remove them."""
        if self._away is not None:
            shutil.rmtree(self._away, ignore_errors=True)

    def restore(self) -> None:
        """Put them back in place of new ones.

        Raises:
            OSError: They cannot be moved.
        """
        if self._away is None:
            return
        for name in self._names:
            path = self._folder / name
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        for one in self._away.iterdir():
            one.rename(self._folder / one.name)
        self._away.rmdir()


def _make_new(beginning: Path) -> Path:
    """Make a folder that did not exist, named for the time, and return it."""
    # Of this computer's time zone, as users tell runs apart.
    now = datetime.now().astimezone()
    folder = beginning.with_name(f"{beginning.name}-{now:%Y-%m-%d_%H-%M-%S}")
    if folder.exists():
        folder = folder.with_name(f"{folder.name}_{os.getpid()}")
    folder.mkdir()
    return folder


def _exists(path: Path) -> bool:
    return path.exists() or path.is_symlink()
