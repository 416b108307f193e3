# SPDX-License-Identifier: Apache-2.0
"""Bag files in the MCAP format, whole or not.

What a file's index says is believed; a file without one is read through once to know its topics.
A chunk that cannot be unpacked is passed over, and reading goes on with the next.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from mcap import records
from mcap.exceptions import McapError
from mcap.reader import SeekingReader
from mcap.records import Chunk, DataEnd, Message, Metadata, Schema
from mcap.stream_reader import StreamReader, breakup_chunk
from zstandard import ZstdError

from x2c_evaluation.sources.issues import Issues
from x2c_evaluation.sources.storage import Channel, RawMessage, Storage

BROKEN = (
    *(McapError, ZstdError, struct.error, EOFError),
    *(ValueError, IndexError, MemoryError, RuntimeError, OverflowError),
)
"""What a broken file makes the parser raise."""

_LARGEST_RECORD = 2**30


class McapStorage(Storage):
    """One .mcap file; see the base class."""

    def __init__(self, path: Path, issues: Issues) -> None:
        super().__init__(path, issues)
        self._schemas: dict[int, Schema] = {}
        if not self._indexed():
            self._scan()

    def messages(self, wanted: Callable[[Channel], bool]) -> Iterator[RawMessage]:
        """Yield the messages of some channels, up to where the file breaks off."""
        read: dict[int, Channel] = {}
        # What stands in a damaged chunk is known from the index, if there is one.
        schemas = dict(self._schemas)
        for one in self._records():
            if isinstance(one, Message):
                channel = read.get(one.channel_id)
                if channel is not None:
                    yield RawMessage(channel, one.log_time, one.data)
            elif isinstance(one, Schema):
                schemas[one.id] = one
            elif isinstance(one, records.Channel):
                channel = _channel(one, schemas)
                if wanted(channel):
                    read[one.id] = channel
                else:
                    read.pop(one.id, None)

    def _indexed(self) -> bool:
        """Take topics and counts from the index at the file's end, if there is one."""
        try:
            with self.path.open("rb") as file:
                reader = SeekingReader(file, record_size_limit=_LARGEST_RECORD)
                summary = reader.get_summary()
                if summary is None or summary.statistics is None:
                    return False
                counts = summary.statistics.channel_message_counts
                if summary.statistics.channel_count > len(summary.channels):
                    return False
                self._schemas = summary.schemas
                for number, one in sorted(summary.channels.items()):
                    self.channels[_channel(one, summary.schemas)] += counts.get(number, 0)
                for metadata in reader.iter_metadata():
                    self._take_metadata(metadata)
        except (OSError, *BROKEN):
            return False
        return True

    def _scan(self) -> None:
        channels: dict[int, Channel] = {}
        for one in self._records():
            if isinstance(one, Schema):
                self._schemas[one.id] = one
            elif isinstance(one, records.Channel):
                channel = channels[one.id] = _channel(one, self._schemas)
                self.channels[channel] += 0
            elif isinstance(one, Message) and one.channel_id in channels:
                self.channels[channels[one.channel_id]] += 1
            elif isinstance(one, Metadata):
                self._take_metadata(one)

    def _take_metadata(self, one: Metadata) -> None:
        if one.name == "rosbag2":
            self.metadata = one.metadata.get("serialized_metadata", "")

    def _records(self) -> Iterator[Any]:
        """Yield what the file holds up to where it breaks off, and note that it does."""
        done, name = False, self.path.name
        try:
            stream = self.path.open("rb")
        except OSError as error:
            self.issues.once(f"{name} cannot be read: {error.strerror or error}")
            return
        with stream:
            reader = StreamReader(stream, emit_chunks=True, record_size_limit=_LARGEST_RECORD)
            try:
                for one in reader.records:
                    # Messages end where the summary begins.
                    done = done or isinstance(one, DataEnd)
                    if isinstance(one, Chunk):
                        yield from self._unpacked(one, stream.tell())
                    else:
                        yield one
            except BROKEN as error:
                if not done:
                    self.issues.once(
                        f"{name} breaks off after {stream.tell()} bytes "
                        f"({type(error).__name__}): it was not finished, or is damaged; what "
                        "comes before was read"
                    )
            except OSError as error:
                self.issues.once(f"{name} cannot be read on: {error.strerror or error}")

    def _unpacked(self, chunk: Chunk, end: int) -> list[Any]:
        try:
            return breakup_chunk(chunk, validate_crc=True)
        except BROKEN as error:
            self.issues.once(
                f"{self.path.name}: a chunk of messages that ends at byte {end} is damaged "
                f"({type(error).__name__}) and was passed over"
            )
            return []


def _channel(one: records.Channel, schemas: Mapping[int, Schema]) -> Channel:
    schema = schemas.get(one.schema_id)
    return Channel(
        topic=one.topic,
        message_type=schema.name if schema else "",
        definitions=(schema.data.decode("utf-8", errors="replace"),)
        if schema and schema.data
        else (),
        form=schema.encoding if schema else "",
        serialization=one.message_encoding,
        type_hash=one.metadata.get("topic_type_hash", ""),
    )
