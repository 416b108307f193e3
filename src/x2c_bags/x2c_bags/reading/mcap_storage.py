# SPDX-License-Identifier: Apache-2.0
"""Bag files in the MCAP format, whole or not.

What a file's index says is believed; a file without one is read through once to know its topics.
A chunk that cannot be unpacked is passed over, and reading goes on with the next.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from mcap import records
from mcap.exceptions import McapError
from mcap.records import Metadata, MetadataIndex, Schema, Statistics
from zstandard import ZstdError

from x2c_bags.reading.mcap_records import (
    Message,
    PackedChunk,
    read_metadata,
    read_records,
    read_summary,
    records_in,
    unpack,
)
from x2c_bags.reading.storage import Channel, RawMessage, Storage
from x2c_bags.schema.definition_budget import DefinitionBudget
from x2c_core.files.input_limits import LimitError
from x2c_core.files.issues import Issues
from x2c_core.files.regular_files import open_regular
from x2c_core.words import counted

BROKEN = (
    *(McapError, ZstdError, struct.error, EOFError),
    *(ValueError, IndexError, MemoryError, RuntimeError, OverflowError),
)
"""Exceptions of the parser at a broken file."""


_ROSBAG2 = "rosbag2"
"""Name of the metadata that rosbag2 writes."""


class McapStorage(Storage):
    """One .mcap file; see the base class."""

    def __init__(self, path: Path, issues: Issues) -> None:
        super().__init__(path, issues)
        self._types = _Types(DefinitionBudget(self._refuse))
        self._known: dict[int, Channel] = {}
        if not self._indexed():
            self._scan()

    def messages(self, wanted: Callable[[Channel], bool]) -> Iterator[RawMessage]:
        """Yield the messages of some channels, up to where the file breaks off."""
        # A file names each channel once, maybe in a damaged chunk; an index names it again.
        read = {
            number: channel if wanted(channel) else None for number, channel in self._known.items()
        }
        nameless = 0
        for one in self._records():
            if isinstance(one, Message):
                channel = read.get(one.channel)
                if channel is not None:
                    yield RawMessage(channel, one.time, bytes(one.data))
                elif one.channel not in read:
                    nameless += 1
            elif isinstance(one, Schema):
                self._types.take(one)
            elif isinstance(one, records.Channel):
                channel = self._types.channel(one)
                read[one.id] = channel if wanted(channel) else None
        self._report_nameless(nameless)

    def _indexed(self) -> bool:
        """Take topics and counts from the index at the file's end, if there is one."""
        try:
            with open_regular(self.path) as file:
                return self._take_summary(file)
        except (OSError, *BROKEN):
            return False

    def _take_summary(self, file: BinaryIO) -> bool:
        size = os.fstat(file.fileno()).st_size
        channels: dict[int, records.Channel] = {}
        statistics: Statistics | None = None
        indexes: list[MetadataIndex] = []
        for one in read_summary(file, size, self._refuse):
            if isinstance(one, Schema):
                self._types.take(one)
            elif isinstance(one, records.Channel):
                channels[one.id] = one
            elif isinstance(one, Statistics):
                statistics = one
            elif isinstance(one, MetadataIndex):
                indexes.append(one)
        self._known = {number: self._types.channel(one) for number, one in channels.items()}
        if statistics is None or statistics.channel_count > len(channels):
            return False
        metadata = [read_metadata(file, one, size) for one in indexes if one.name == _ROSBAG2]
        counts = statistics.channel_message_counts
        for number, channel in sorted(self._known.items()):
            self.channels[channel] += counts.get(number, 0)
        for one in metadata:
            self._take_metadata(one)
        return True

    def _scan(self) -> None:
        channels = dict(self._known)
        nameless = 0
        for one in self._records():
            if isinstance(one, Message):
                if one.channel in channels:
                    self.channels[channels[one.channel]] += 1
                else:
                    nameless += 1
            elif isinstance(one, Schema):
                self._types.take(one)
            elif isinstance(one, records.Channel):
                channel = channels[one.id] = self._types.channel(one)
                self.channels[channel] += 0
            elif isinstance(one, Metadata):
                self._take_metadata(one)
        self._report_nameless(nameless)

    def _take_metadata(self, one: Metadata) -> None:
        if one.name == _ROSBAG2:
            self.metadata = one.metadata.get("serialized_metadata", "")

    def _records(self) -> Iterator[Any]:
        """Yield what the file holds up to where it breaks off, and note that it does."""
        name = self.path.name
        try:
            file = open_regular(self.path)
        except OSError as error:
            self.issues.once(f"{name} cannot be read: {error.strerror or error}")
            return
        with file:
            size = os.fstat(file.fileno()).st_size
            try:
                for one in read_records(file, size, self._refuse):
                    # Messages end where the summary begins.
                    if isinstance(one, records.DataEnd):
                        return
                    if isinstance(one, PackedChunk):
                        yield from self._unpacked(one, file.tell())
                    else:
                        yield one
            except BROKEN as error:
                self.issues.once(
                    f"{name} breaks off after {file.tell()} bytes "
                    f"({type(error).__name__}): it was not finished, or is damaged; what "
                    "comes before was read"
                )
            except OSError as error:
                self.issues.once(f"{name} cannot be read on: {error.strerror or error}")

    def _unpacked(self, chunk: PackedChunk, end: int) -> Iterator[Any]:
        chunk_name = f"a chunk of messages that ends at byte {end}"
        try:
            yield from records_in(unpack(chunk), self._refuse)
        except LimitError as error:
            self._refuse(f"{chunk_name} was passed over: {error}")
        except BROKEN as error:
            self.issues.once(
                f"{self.path.name}: {chunk_name} is damaged "
                f"({type(error).__name__}) and was passed over"
            )

    def _report_nameless(self, count: int) -> None:
        if count:
            self._refuse(
                f"{counted(count, 'message was', 'messages were')} passed over: the records "
                "that name their topics are missing or damaged"
            )

    def _refuse(self, reason: str) -> None:
        self.issues.once(f"{self.path.name}: {reason}")


class _Types:
    """Message types of a file, by the numbers of their schemas; each text is kept once."""

    def __init__(self, budget: DefinitionBudget) -> None:
        self._budget = budget
        self._types: dict[int, tuple[str, str, str]] = {}

    def take(self, schema: Schema) -> None:
        """Keep a type; its definition only within the budget."""
        text = schema.data.decode("utf-8", errors="replace")
        one = schema.name, schema.encoding, text
        before = self._types.get(schema.id, ("", "", ""))
        if one != before:
            kept = self._budget.takes(len(text) - len(before[-1]))
            self._types[schema.id] = one if kept else (schema.name, schema.encoding, "")

    def channel(self, one: records.Channel) -> Channel:
        """Return a channel with the type that its schema gives."""
        name, form, text = self._types.get(one.schema_id, ("", "", ""))
        return Channel(
            topic=one.topic,
            message_type=name,
            definitions=(text,) if text else (),
            form=form,
            serialization=one.message_encoding,
            type_hash=one.metadata.get("topic_type_hash", ""),
        )
