# SPDX-License-Identifier: Apache-2.0
"""Names of files as OpenCV takes them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from x2c_core.files.regular_files import open_regular
from x2c_core.printable import printable


@contextmanager
def opencv_name(path: Path) -> Iterator[str]:
    """Yield a name by which OpenCV can open a file; it takes names in UTF-8 alone.

    Args:
        path: Path of the file, of any bytes.

    Raises:
        OSError: A file whose name is no UTF-8 cannot be opened.
    """
    name = str(path)
    if name == printable(name):
        yield name
        return
    with open_regular(path) as file:
        yield f"/proc/self/fd/{file.fileno()}"
