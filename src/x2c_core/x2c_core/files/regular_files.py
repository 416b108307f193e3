# SPDX-License-Identifier: Apache-2.0
"""Opening of files that a user or a file names: regular files only, and never a wait.

Opening a named pipe waits for its writer, and a device can be read without end.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from x2c_core.files.input_limits import Limit, LimitError

_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


def check_regular(path: Path) -> int:
    """Return the size of a regular file [byte], whether reached by symbolic links or not.

    Raises:
        OSError: The path leads to no regular file; `strerror` says what it is.
    """
    return _size(os.stat(path), path)


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file for reading.

    Raises:
        OSError: The path leads to no regular file, or the file cannot be opened.
    """
    # Before it is opened, since opening a device can already do something.
    check_regular(path)
    # The path can have changed meanwhile: without waiting, then a second look.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        _size(os.fstat(descriptor), path)
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def read_bytes(path: Path, limit: Limit) -> bytes:
    """Return the content of a regular file.

    Raises:
        OSError: The path leads to no regular file, or the file cannot be read.
        LimitError: The file is larger than the limit.
    """
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        limit.check(size, f"{path} has")
        content = file.read(size)
        # Files of the kernel state a size of 0, others may have grown.
        while len(content) <= limit.value and (more := file.read(1 << 16)):
            content += more
    if len(content) > limit.value:
        raise LimitError(
            f"{path} has more than {limit.value} {limit.unit}, the limit: if that size is right, "
            f"set {limit.variable} to a larger number"
        )
    return content


def read_text(path: Path, limit: Limit, encoding: str = "utf-8") -> str:
    """Return the text of a regular file.

    Raises:
        OSError: The path leads to no regular file, or the file cannot be read.
        LimitError: The file is larger than the limit.
        UnicodeDecodeError: The file is no text.
    """
    return read_bytes(path, limit).decode(encoding)


def _size(state: os.stat_result, path: Path) -> int:
    if stat.S_ISREG(state.st_mode):
        return state.st_size
    if stat.S_ISDIR(state.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    kind = _KINDS.get(stat.S_IFMT(state.st_mode), "no file")
    raise OSError(errno.EINVAL, f"it is {kind}, expected a regular file", str(path))
