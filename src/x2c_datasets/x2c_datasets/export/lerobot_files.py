# SPDX-License-Identifier: Apache-2.0
"""Names of the files of a LeRobotDataset, each of many episodes."""

from __future__ import annotations

from pathlib import Path

CHUNK = 1000
"""Files of a folder at most."""

PATH = "chunk-{chunk_index:03d}/file-{file_index:03d}"


class NumberedFiles:
    """Numbered files of a kind, of which one is written at a time.

    Args:
        folder: Folder to write to.
        ending: Extension of the files, without the dot.
        largest: A file of this size is followed by another [MB].
    """

    def __init__(self, folder: Path, ending: str, largest: int) -> None:
        self._folder, self._ending, self._largest = folder, ending, largest * 1_000_000
        self._number = -1
        self._path = folder

    def next_path(self) -> Path:
        """Return the path of another file, whose folder is there."""
        self._number += 1
        name = PATH.format(chunk_index=self._chunk, file_index=self._number % CHUNK)
        self._path = self._folder / f"{name}.{self._ending}"
        self._path.parent.mkdir(parents=True, exist_ok=True)
        return self._path

    def place(self, name: str) -> dict[str, int]:
        """Return what an episode says of the present file."""
        return {f"{name}/chunk_index": self._chunk, f"{name}/file_index": self._number % CHUNK}

    @property
    def is_full(self) -> bool:
        """True when the next episode goes to another file."""
        return self._path.stat().st_size >= self._largest

    @property
    def _chunk(self) -> int:
        return self._number // CHUNK
