# SPDX-License-Identifier: Apache-2.0
"""Records of MCAP files and of the chunks in them, each read only as far as it reaches.

The lengths inside a record are not believed: a record is cut out first, and parsed then. Records
that are not needed are skipped unread.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any, BinaryIO, NamedTuple

from mcap import records
from mcap.data_stream import ReadDataStream
from mcap.exceptions import EndOfFile, InvalidMagic
from mcap.opcode import Opcode

from x2c_bags.reading.unpacking import unpack_lz4, unpack_zstd
from x2c_core.files.input_limits import RECORD_BYTES, YAML_BYTES, Limit, LimitError

MAGIC = b"\x89MCAP0\r\n"

_HEAD = struct.Struct("<BQ")
_MESSAGE = struct.Struct("<HIQQ")
_CHUNK = struct.Struct("<QQQII")
_FOOTER_SIZE = _HEAD.size + 20 + len(MAGIC)

_PARSERS: dict[int, Callable[[ReadDataStream], Any]] = {
    Opcode.SCHEMA: records.Schema.read,
    Opcode.CHANNEL: records.Channel.read,
    Opcode.METADATA: records.Metadata.read,
    Opcode.METADATA_INDEX: records.MetadataIndex.read,
    Opcode.STATISTICS: records.Statistics.read,
    Opcode.DATA_END: records.DataEnd.read,
}
"""Small records; in them a few bytes become a whole object."""


class Message(NamedTuple):
    """A message.

    Attributes:
        channel: Number of the channel.
        time: Time of recording [ns].
        data: Serialized message, as long as the record that it is read from is not changed.
    """

    channel: int
    time: int
    data: memoryview


class PackedChunk(NamedTuple):
    """A chunk of records, not yet unpacked.

    Attributes:
        size: Stated size of the content [byte].
        crc: Checksum of the content; 0 for none.
        compression: "zstd", "lz4" or nothing.
        data: Content as it is in the file.
    """

    size: int
    crc: int
    compression: str
    data: memoryview


def read_records(file: BinaryIO, size: int, refuse: Callable[[str], None]) -> Iterator[Any]:
    """Yield the records of a file that are needed for its messages, up to its end.

    Args:
        file: At its beginning, or at a record.
        size: Size of the file [byte].
        refuse: Called with a sentence for each record that is skipped for its size.

    Raises:
        EndOfFile: The file breaks off.
        struct.error: A record is damaged; so do other errors of the parsers.
    """
    if file.tell() == 0 and (magic := file.read(len(MAGIC))) != MAGIC:
        raise InvalidMagic(magic)
    while True:
        head = file.read(_HEAD.size)
        if len(head) < _HEAD.size:
            raise EndOfFile
        opcode, length = _HEAD.unpack(head)
        if opcode == Opcode.FOOTER:
            return
        begin = file.tell()
        if length > size - begin:
            raise EndOfFile
        limit = _limit(opcode)
        if limit is None:
            file.seek(length, 1)
            continue
        try:
            limit.check(length, f"a record that begins at byte {begin} has")
        except LimitError as error:
            refuse(str(error))
            file.seek(length, 1)
            continue
        yield _parsed(opcode, memoryview(file.read(length)))


def read_summary(file: BinaryIO, size: int, refuse: Callable[[str], None]) -> Iterator[Any]:
    """Yield the records of a file's summary; nothing where there is none.

    Raises:
        EndOfFile: The file breaks off, or has no footer.
    """
    file.seek(max(size - _FOOTER_SIZE, 0))
    footer = file.read(_FOOTER_SIZE)
    if len(footer) < _FOOTER_SIZE or not footer.endswith(MAGIC) or footer[0] != Opcode.FOOTER:
        raise EndOfFile
    (start,) = struct.unpack_from("<Q", footer, _HEAD.size)
    if not start:
        return
    file.seek(min(start, size))
    for one in read_records(file, size, refuse):
        # A summary holds no messages; one that claims to is not believed.
        if isinstance(one, Message | PackedChunk):
            raise EndOfFile
        yield one


def read_metadata(file: BinaryIO, index: records.MetadataIndex, size: int) -> records.Metadata:
    """Return the metadata that an index points to.

    Raises:
        EndOfFile: There are none.
        LimitError: They are larger than the limit.
    """
    if index.offset > size:
        raise EndOfFile
    file.seek(index.offset)
    refusals: list[str] = []
    for one in read_records(file, size, refusals.append):
        if isinstance(one, records.Metadata):
            return one
        break
    raise LimitError(refusals[0]) if refusals else EndOfFile


def unpack(chunk: PackedChunk) -> memoryview:
    """Return the content of a chunk.

    Raises:
        LimitError: The content is larger than the limit.
        ValueError: The content has another size or checksum than it states, or is packed in an
            unknown way; damaged data raise other errors, `unpacking.UNPACKING_ERRORS`.
    """
    subject = "a chunk unpacks to"
    if chunk.compression == "":
        return _checked(chunk, chunk.data)
    RECORD_BYTES.check(chunk.size, subject)
    if chunk.compression == "zstd":
        content = unpack_zstd(chunk.data, RECORD_BYTES, subject)
    elif chunk.compression == "lz4":
        content = unpack_lz4(chunk.data, chunk.size)
    else:
        raise ValueError(f"it is packed as {chunk.compression[:40]!r}, expected zstd or lz4")
    if len(content) != chunk.size:
        raise ValueError(f"its content has {len(content)} bytes, it states {chunk.size}")
    return _checked(chunk, memoryview(content))


def records_in(content: memoryview, refuse: Callable[[str], None]) -> Iterator[Any]:
    """Yield the records in a chunk's content.

    Args:
        content: Unpacked content.
        refuse: Called with a sentence for each record that is skipped for its size.

    Raises:
        EndOfFile: A record reaches behind the end; this is known before the first one is yielded.
    """
    for _ in _frames(content):
        pass
    for opcode, begin, end in _frames(content):
        limit = _limit(opcode)
        if limit is None or opcode == Opcode.CHUNK:
            continue
        try:
            limit.check(end - begin, "a record in a chunk has")
        except LimitError as error:
            refuse(str(error))
            continue
        yield _parsed(opcode, content[begin:end])


def _frames(content: memoryview) -> Iterator[tuple[int, int, int]]:
    begin, size, head = 0, len(content), _HEAD.size
    while begin < size:
        if size - begin < head:
            raise EndOfFile
        opcode, length = _HEAD.unpack_from(content, begin)
        begin += head
        if length > size - begin:
            raise EndOfFile
        yield opcode, begin, begin + length
        begin += length


def _limit(opcode: int) -> Limit | None:
    """Return the limit of a kind of record; None for one that is not needed."""
    if opcode in (Opcode.MESSAGE, Opcode.CHUNK):
        return RECORD_BYTES
    return YAML_BYTES if opcode in _PARSERS else None


def _parsed(opcode: int, data: memoryview) -> Any:
    if opcode == Opcode.MESSAGE:
        channel, _, time, _ = _MESSAGE.unpack_from(data)
        return Message(channel, time, data[_MESSAGE.size :])
    if opcode == Opcode.CHUNK:
        _, _, size, crc, length = _CHUNK.unpack_from(data)
        named = _CHUNK.size + length
        compression = str(data[_CHUNK.size : named], "utf-8")
        (stored,) = struct.unpack_from("<Q", data, named)
        return PackedChunk(size, crc, compression, data[named + 8 : named + 8 + stored])
    return _PARSERS[opcode](ReadDataStream(BytesIO(data)))


def _checked(chunk: PackedChunk, content: memoryview) -> memoryview:
    if chunk.crc and zlib.crc32(content) != chunk.crc:
        raise ValueError("its checksum is another one")
    return content
