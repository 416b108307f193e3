# SPDX-License-Identifier: Apache-2.0
"""Length that a video's container states, to notice a file that was cut off.

A header's number of images or duration can be an estimate; these lengths are exact.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from x2c_core.files.regular_files import open_regular

_EBML, _SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"
_BOXES = frozenset(
    b"ftyp moov mdat free skip wide moof styp sidx ssix mfra meta uuid udta pnot emsg prft".split()
)
_MOST_BOXES = 100_000


def missing_bytes(path: Path) -> int:
    """Return the number of bytes that a video file's container states beyond the file's end.

    Args:
        path: MP4, MOV, MKV, WebM or AVI; others are taken as whole.

    Raises:
        OSError: The file cannot be read.
    """
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        begin = file.read(12)
        if begin[:4] == _EBML:
            stated = _matroska(file)
        elif begin[:4] == b"RIFF":
            stated = 8 + int.from_bytes(begin[4:8], "little")
        elif begin[4:8] in _BOXES:
            stated = _boxes(file, size)
        else:
            stated = size
    return max(0, stated - size)


def _matroska(file: BinaryIO) -> int:
    """Return the end of the segment; 0 where it is open, as browsers write it."""
    file.seek(4)
    header = _ebml_size(file) or 0
    file.seek(header, os.SEEK_CUR)
    if file.read(4) != _SEGMENT:
        return 0
    length = _ebml_size(file)
    return 0 if length is None else file.tell() + length


def _ebml_size(file: BinaryIO) -> int | None:
    """Return the size of an element; None for one that is not known."""
    first = file.read(1)
    if not first or not first[0]:
        return 0
    more = 8 - first[0].bit_length()
    value = int.from_bytes(bytes([first[0] ^ (0x80 >> more)]) + file.read(more), "big")
    return None if value == (1 << 7 * (more + 1)) - 1 else value


def _boxes(file: BinaryIO, size: int) -> int:
    """Return the end of the last box of an MP4 or MOV file."""
    offset = 0
    for _ in range(_MOST_BOXES):
        file.seek(offset)
        head = file.read(16)
        length = int.from_bytes(head[:4], "big")
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        # A length of 0 means: to the end of the file. Phones append data of their own.
        if length < 8 or head[4:8] not in _BOXES:
            return offset
        offset += length
        if offset >= size:
            break
    return offset
