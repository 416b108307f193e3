# SPDX-License-Identifier: Apache-2.0
"""A file that is written in whole pieces, so that a full disk leaves no half of one."""

from __future__ import annotations

import os
from pathlib import Path


class WholeFile:
    """Appends to a file; what is written reaches it at the next `commit`, all or nothing.

    Args:
        path: The file; made where there is none.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        self._size = os.fstat(self._file).st_size
        self._pending = bytearray()

    def write(self, data: bytes | memoryview) -> int:
        """Keep data for the next commit and return its length [byte]."""
        self._pending += data
        return len(data)

    def tell(self) -> int:
        """Return how long the file is after the next commit [byte]."""
        return self._size + len(self._pending)

    def commit(self) -> None:
        """Append everything that is kept.

        Raises:
            OSError: It does not fit; the file is as it was, and what was kept is forgotten.
        """
        pending, self._pending = self._pending, bytearray()
        rest = memoryview(pending)
        try:
            while rest:
                rest = rest[os.write(self._file, rest) :]
        except OSError:
            os.ftruncate(self._file, self._size)
            raise
        self._size += len(pending)

    def close(self) -> None:
        """Commit and close.

        Raises:
            OSError: What was kept does not fit; the file is closed without it.
        """
        try:
            self.commit()
        finally:
            os.close(self._file)
