# SPDX-License-Identifier: Apache-2.0
"""A file that is written in whole pieces, so that a full disk leaves no half of one."""

from __future__ import annotations

import os
from collections import deque
from pathlib import Path


class WholeFile:
    """Append to a file; what is written reaches it at the next `commit`, all or nothing.

    Pieces that do not fit wait for room, in their order. The caller checks `waiting`, so that they
    do not become too many.

    Args:
        path: The file; made where there is none.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        self._size = os.fstat(self._file).st_size
        self._pending = bytearray()
        self._pieces: deque[bytearray] = deque()

    @property
    def waiting(self) -> int:
        """Number of bytes committed that did not fit yet."""
        return sum(map(len, self._pieces))

    @property
    def pending(self) -> int:
        """Number of bytes written since the last commit."""
        return len(self._pending)

    def write(self, data: bytes | memoryview) -> int:
        """Keep data for the next commit and return its length [byte]."""
        self._pending += data
        return len(data)

    def tell(self) -> int:
        """Return how long the file is when all is on the disk [byte]."""
        return self._size + self.waiting + len(self._pending)

    def commit(self) -> None:
        """Append everything that is kept.

        Raises:
            OSError: It does not fit; the file holds the pieces that do, the others wait.
        """
        if self._pending:
            self._pieces.append(self._pending)
            self._pending = bytearray()
        while self._pieces:
            rest = memoryview(self._pieces[0])
            size = len(rest)
            try:
                while rest:
                    rest = rest[os.write(self._file, rest) :]
            except OSError:
                os.ftruncate(self._file, self._size)
                raise
            self._size += size
            self._pieces.popleft()

    flush = commit

    def close(self) -> None:
        """Commit and close.

        Raises:
            OSError: The waiting pieces do not fit; the file is closed without them.
        """
        try:
            self.commit()
        finally:
            os.close(self._file)
