# SPDX-License-Identifier: Apache-2.0
"""Unpacking of compressed data up to a limit, whatever the data say of their size."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import lz4.frame
import zstandard

from x2c_core.files.input_limits import Limit

UNPACKING_ERRORS = (zstandard.ZstdError, RuntimeError, EOFError, ValueError, MemoryError)
"""Raised for damaged data; lz4 has no error of its own."""

_PIECE = 1 << 20
_LONGEST_HEAD = 18
"""Of a zstd frame [byte]."""


def unpack_zstd(data: bytes | memoryview, limit: Limit, subject: str) -> bytes:
    """Return the content of one zstd frame.

    Args:
        data: The frame.
        limit: Largest size of the content.
        subject: Start of the sentence of a refusal, such as "the message unpacks to".

    Raises:
        LimitError: The content is larger than the limit.
        zstandard.ZstdError: The data are damaged.
    """
    stated = zstandard.get_frame_parameters(data).content_size
    decompressor = zstandard.ZstdDecompressor()
    if stated != zstandard.CONTENTSIZE_UNKNOWN:
        limit.check(stated, subject)
        return decompressor.decompress(data, max_output_size=stated)
    pieces = []
    size = 0
    with decompressor.stream_reader(data) as reader:
        while piece := reader.read(_PIECE):
            size += len(piece)
            limit.check(size, f"{subject} at least")
            pieces.append(piece)
    return b"".join(pieces)


def unpack_lz4(data: bytes | memoryview, size: int) -> bytes:
    """Return the content of one lz4 frame.

    Args:
        data: The frame.
        size: Size that the content is to have [byte], checked by the caller.

    Raises:
        RuntimeError: The data are damaged.
        ValueError: The content has another size.
    """
    decompressor = lz4.frame.LZ4FrameDecompressor()
    content: bytes = decompressor.decompress(data, max_length=size)
    if len(content) < size or not (decompressor.eof or _ends(decompressor)):
        raise ValueError(f"its content is not the {size} bytes that it states")
    return content


def unpacked_pieces(file: BinaryIO, limit: Limit, subject: str) -> Iterator[bytes]:
    """Yield the content of a packed file piece by piece.

    Raises:
        LimitError: The content is larger than the limit.
        zstandard.ZstdError: The data are damaged.
    """
    stated = zstandard.get_frame_parameters(file.read(_LONGEST_HEAD)).content_size
    if stated != zstandard.CONTENTSIZE_UNKNOWN:
        limit.check(stated, subject)
    file.seek(0)
    size = 0
    reader = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
    while piece := reader.read(_PIECE):
        size += len(piece)
        limit.check(size, f"{subject} at least")
        yield piece


def _ends(decompressor: lz4.frame.LZ4FrameDecompressor) -> bool:
    """Return whether nothing but the end mark of a frame is left."""
    return not decompressor.decompress(b"", max_length=1) and decompressor.eof
