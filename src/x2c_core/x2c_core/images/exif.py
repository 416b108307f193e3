# SPDX-License-Identifier: Apache-2.0
"""Orientation in the EXIF data of WebP and PNG images, which not every OpenCV heeds."""

from __future__ import annotations

import struct

from x2c_core.images.orientation import UPRIGHT, Orientation, of_exif

_PNG = b"\x89PNG\r\n\x1a\n"
_TAG = 0x0112
_MOST_CHUNKS = 10_000
_MOST_BYTES = 1 << 20


def exif_orientation(data: bytes | memoryview) -> Orientation | None:
    """Return the orientation that an encoded image states.

    Args:
        data: Whole file.

    Returns:
        None where the format is neither WebP nor PNG; upright where the file states none.
    """
    view = memoryview(data)
    if bytes(view[:4]) == b"RIFF" and bytes(view[8:12]) == b"WEBP":
        block = _webp_block(view)
    elif bytes(view[:8]) == _PNG:
        block = _png_block(view)
    else:
        return None
    return UPRIGHT if block is None else _orientation(bytes(block))


def _webp_block(view: memoryview) -> memoryview | None:
    offset = 12
    for _ in range(_MOST_CHUNKS):
        if offset + 8 > len(view):
            return None
        kind, length = struct.unpack_from("<4sI", view, offset)
        if kind == b"EXIF":
            return view[offset + 8 : offset + 8 + min(length, _MOST_BYTES)]
        offset += 8 + length + length % 2
    return None


def _png_block(view: memoryview) -> memoryview | None:
    offset = 8
    for _ in range(_MOST_CHUNKS):
        if offset + 8 > len(view):
            return None
        length, kind = struct.unpack_from(">I4s", view, offset)
        if kind == b"eXIf":
            return view[offset + 8 : offset + 8 + min(length, _MOST_BYTES)]
        offset += 12 + length
    return None


def _orientation(block: bytes) -> Orientation:
    # Local: few images state an orientation.
    from PIL import Image

    exif = Image.Exif()
    try:
        exif.load(block)
        value = exif.get(_TAG, 1)
    except Exception:  # Pillow raises anything for broken data; the image is no worse for that.
        return UPRIGHT
    return of_exif(value) if isinstance(value, int) else UPRIGHT
