# SPDX-License-Identifier: Apache-2.0
"""Sizes of encoded images, read from their headers without decoding.

Knows the formats that OpenCV decodes without plugins. It takes microseconds, which matters for
every compressed image of a camera.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable

Size = tuple[int, int]

_TIFF_TAGS = (256, 257, 322, 323)
"""Width and height, of the image and of a tile."""
_TIFF_ENTRIES = 4096
_TIFF_NUMBERS = {1: "B", 3: "H", 4: "I", 16: "Q"}
_PARTS = 10_000
"""Segments or boxes that are looked at before the one with the size."""
_MARKER = re.compile(rb"\xff+([^\x00\xff])", re.DOTALL)
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_ENDS = frozenset((0xD9, 0xDA))
_NO_LENGTH = frozenset((0x01, *range(0xD0, 0xD9)))
_TEXT = 4096
"""Bytes of a text header that are looked at."""
_DIGITS = 12


def image_size(data: bytes | memoryview) -> Size | None:
    """Return width and height [pixel] that the header of an encoded image states.

    Args:
        data: Whole file: JPEG, PNG, WebP, BMP, TIFF, PNM, PFM, JPEG 2000, Sun raster or HDR.

    Returns:
        None where the data begin like none of these, or the header is broken.
    """
    view = memoryview(data)
    begin = bytes(view[:12])
    for magic, read in _READERS:
        if begin.startswith(magic):
            try:
                return read(view)
            except (struct.error, IndexError, OverflowError):
                return None
    return None


def _png(view: memoryview) -> Size:
    width, height = struct.unpack_from(">II", view, 16)
    return width, height


def _jpeg(view: memoryview) -> Size | None:
    offset = 2
    for _ in range(_PARTS):
        # As in libjpeg, bytes between two segments are skipped.
        found = _MARKER.search(view, offset)
        if found is None:
            return None
        (marker,), offset = found[1], found.end()
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", view, offset + 3)
            return width, height
        if marker in _ENDS:
            return None
        if marker not in _NO_LENGTH:
            offset += max(2, struct.unpack_from(">H", view, offset)[0])
    return None


def _webp(view: memoryview) -> Size | None:
    if bytes(view[8:12]) != b"WEBP":
        return None
    kind = bytes(view[12:16])
    if kind == b"VP8X":
        low = struct.unpack_from("<HBHB", view, 24)
        return 1 + low[0] + (low[1] << 16), 1 + low[2] + (low[3] << 16)
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", view, 21)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", view, 26)
        return width & 0x3FFF, height & 0x3FFF
    return None


def _bmp(view: memoryview) -> Size:
    (header,) = struct.unpack_from("<I", view, 14)
    width, height = struct.unpack_from("<HH" if header == 12 else "<ii", view, 18)
    # A negative height says that the rows run downwards.
    return abs(width), abs(height)


def _tiff(view: memoryview) -> Size | None:
    order = "<" if bytes(view[:2]) == b"II" else ">"
    big = struct.unpack_from(f"{order}H", view, 2)[0] == 43
    counted, number = (f"{order}Q", f"{order}HHQ") if big else (f"{order}H", f"{order}HHI")
    (offset,) = struct.unpack_from(f"{order}Q" if big else f"{order}I", view, 8 if big else 4)
    (entries,) = struct.unpack_from(counted, view, offset)
    offset += struct.calcsize(counted)
    found = dict.fromkeys(_TIFF_TAGS, 0)
    for _ in range(min(entries, _TIFF_ENTRIES)):
        tag, kind, _ = struct.unpack_from(number, view, offset)
        if tag in found:
            if kind not in _TIFF_NUMBERS:
                return None
            code = order + _TIFF_NUMBERS[kind]
            (value,) = struct.unpack_from(code, view, offset + struct.calcsize(number))
            found[tag] = max(found[tag], value)
        offset += 20 if big else 12
    width, height, tile_width, tile_height = found.values()
    # A tile is decoded whole, however much of it the image covers.
    return max(width, tile_width), max(height, tile_height)


def _pnm(view: memoryview) -> Size | None:
    text = re.sub(rb"#[^\r\n]*", b" ", bytes(view[2:_TEXT]))
    numbers = re.findall(rb"(\d+)\s", text)
    return (int(numbers[0][:_DIGITS]), int(numbers[1][:_DIGITS])) if len(numbers) > 1 else None


def _pam(view: memoryview) -> Size | None:
    return _largest(rb"WIDTH\s+(\d+)\s", rb"HEIGHT\s+(\d+)\s", bytes(view[:_TEXT]))


def _hdr(view: memoryview) -> Size | None:
    return _largest(rb"X\s+(\d+)\s", rb"Y\s+(\d+)\s", bytes(view[:_TEXT]))


def _largest(width: bytes, height: bytes, text: bytes) -> Size | None:
    """Return the largest of each number: a comment may hold another one."""
    sizes = [
        [int(number[:_DIGITS]) for number in re.findall(pattern, text)]
        for pattern in (width, height)
    ]
    return (max(sizes[0]), max(sizes[1])) if all(sizes) else None


def _boxes(view: memoryview) -> Size | None:
    """Find the codestream among the boxes of a JPEG 2000 file."""
    offset = 0
    for _ in range(_PARTS):
        length, kind = struct.unpack_from(">I4s", view, offset)
        head = 8
        if length == 1:
            (length,) = struct.unpack_from(">Q", view, offset + 8)
            head = 16
        if kind == b"jp2c":
            return _codestream(view[offset + head :])
        if length < head:
            return None
        offset += length
    return None


def _codestream(view: memoryview) -> Size | None:
    if bytes(view[:4]) != b"\xff\x4f\xff\x51":
        return None
    right, bottom, left, top = struct.unpack_from(">IIII", view, 8)
    return max(right - left, 0), max(bottom - top, 0)


def _sun(view: memoryview) -> Size:
    width, height = struct.unpack_from(">II", view, 4)
    return width, height


_READERS: tuple[tuple[bytes, Callable[[memoryview], Size | None]], ...] = (
    (b"\xff\xd8\xff", _jpeg),
    (b"\x89PNG\r\n\x1a\n", _png),
    (b"RIFF", _webp),
    (b"BM", _bmp),
    (b"II*\0", _tiff),
    (b"MM\0*", _tiff),
    (b"II+\0", _tiff),
    (b"MM\0+", _tiff),
    (b"P7", _pam),
    *((b"P%c" % letter, _pnm) for letter in b"123456Ff"),
    (b"\xff\x4f\xff\x51", _codestream),
    (b"\0\0\0\x0cjP  ", _boxes),
    (b"\x59\xa6\x6a\x95", _sun),
    (b"#?RADIANCE", _hdr),
    (b"#?RGBE", _hdr),
)
