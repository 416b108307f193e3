# SPDX-License-Identifier: Apache-2.0
"""Reads what can be read of an MCAP bag, finished or not, and says what could not be.

Works without ROS: message types come from the bag itself.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from mcap.exceptions import McapError
from mcap.records import Channel, Message, Metadata, Schema
from mcap.stream_reader import StreamReader
from rosbags.serde import SerdeError
from rosbags.typesys import Stores, TypesysError, get_types_from_msg, get_typestore

from x2c_evaluation.bag_writer import CLOCK_KEY, TOPIC_KEY
from x2c_evaluation.errors import BagError
from x2c_evaluation.topics import Part, parts_of

# What a broken file makes the parser raise.
_BROKEN = (McapError, struct.error, EOFError, ValueError, IndexError, MemoryError)


@dataclass(frozen=True)
class Record:
    """One message of a bag.

    Attributes:
        part: What its topic is in the pipeline.
        time: Of the bag [ns].
        data: The serialized message.
    """

    part: Part
    time: int
    data: bytes


class BagReader:
    """A bag whose records are read in the order they were written in, as often as wanted.

    Args:
        folder: Folder of the bag.

    Attributes:
        issues: What could not be read, in plain sentences; complete after a first pass.
        clock: What the bag says its time stamps are; empty where it does not say.
        counts: Messages of each topic, by name.
        parts: Part of each topic that plays one, by name.

    Raises:
        BagError: There is no MCAP file in the folder.
    """

    def __init__(self, folder: Path) -> None:
        self.issues: list[str] = []
        self.counts: Counter[str] = Counter()
        self._files = sorted(folder.glob("*.mcap"))
        if not self._files:
            raise BagError(f"no bag at {folder}: expected a folder with an .mcap file")
        self._types: dict[str, str] = {}
        self._schemas: dict[str, str] = {}
        custom = _custom_data(folder, self.issues)
        self._said = {
            key.removeprefix(TOPIC_KEY): value
            for key, value in custom.items()
            if key.startswith(TOPIC_KEY)
        }
        self.clock = custom.get(CLOCK_KEY, "")
        for file in self._files:
            self._scan(file)
        self.parts = parts_of(self._types, self._said)
        self._names = {part: name for name, part in self.parts.items()}
        self._store = get_typestore(Stores.EMPTY)
        self._registered: set[str] = set()

    def records(self, wanted: Collection[Part]) -> Iterator[Record]:
        """Yield the records of some parts, up to where the file breaks off."""
        for file in self._files:
            names: dict[int, str] = {}
            for one in _read(file, None):
                if isinstance(one, Channel):
                    names[one.id] = one.topic
                elif isinstance(one, Message):
                    part = self.parts.get(names.get(one.channel_id, ""))
                    if part in wanted and part is not None:
                        yield Record(part, one.log_time, one.data)

    def decode(self, record: Record) -> Any:
        """Return a record's message, with the fields that its type had when it was recorded.

        Raises:
            BagError: The message does not fit the type that the bag says it has.
        """
        message_type = self._types[self._names[record.part]]
        try:
            if message_type not in self._registered:
                types = get_types_from_msg(self._schemas[message_type], message_type)
                known = self._store.fielddefs
                self._store.register({k: v for k, v in types.items() if k not in known})
                self._registered.add(message_type)
            return self._store.deserialize_cdr(record.data, message_type)
        except (SerdeError, TypesysError, KeyError, AssertionError, *_BROKEN) as error:
            raise BagError(
                f"{self._names[record.part]}: a message is no {message_type} ({error})"
            ) from error

    def _scan(self, file: Path) -> None:
        names: dict[int, str] = {}
        schemas: dict[int, Schema] = {}
        for one in _read(file, self.issues):
            if isinstance(one, Schema):
                schemas[one.id] = one
                self._schemas[one.name] = one.data.decode("utf-8", errors="replace")
            elif isinstance(one, Channel):
                names[one.id] = one.topic
                if one.schema_id in schemas:
                    self._types[one.topic] = schemas[one.schema_id].name
            elif isinstance(one, Message) and one.channel_id in names:
                self.counts[names[one.channel_id]] += 1


def _read(file: Path, issues: list[str] | None) -> Iterator[Any]:
    """Yield what an MCAP file holds up to where it breaks off, and note that it does."""
    done = False
    with file.open("rb") as stream:
        try:
            for one in StreamReader(stream, record_size_limit=2**30).records:
                # Messages end where the summary begins.
                if isinstance(one, Metadata) and one.name == "rosbag2":
                    done = True
                yield one
        except _BROKEN as error:
            if issues is not None and not done:
                issues.append(
                    f"{file.name} breaks off after {stream.tell()} bytes "
                    f"({type(error).__name__}): it was not finished, or is damaged; what comes "
                    "before was read"
                )
        except OSError as error:
            if issues is not None:
                issues.append(f"{file.name} cannot be read: {error.strerror or error}")


def _custom_data(folder: Path, issues: list[str]) -> dict[str, str]:
    path = folder / "metadata.yaml"
    if not path.exists():
        issues.append(f"{path.name} is missing: the bag was not finished")
        return {}
    try:
        information = yaml.safe_load(path.read_text(encoding="utf-8"))
        custom = information["rosbag2_bagfile_information"].get("custom_data") or {}
        return {str(key): str(value) for key, value in custom.items()}
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        issues.append(f"{path.name} cannot be read: {error}")
        return {}
