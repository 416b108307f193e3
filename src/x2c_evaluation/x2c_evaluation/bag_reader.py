# SPDX-License-Identifier: Apache-2.0
"""Reads what can be read of a bag, finished or not, and says what could not be.

MCAP and sqlite3, one file or several, packed or not, of any ROS 2 distribution. Works without ROS:
message types come from the bag itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from x2c_evaluation.bag_writer import CLOCK_KEY, TOPIC_KEY
from x2c_evaluation.errors import BagError
from x2c_evaluation.sources import files
from x2c_evaluation.sources.issues import Issues
from x2c_evaluation.sources.message_types import MessageTypes
from x2c_evaluation.sources.storage import BagTopic, RawMessage, Storage
from x2c_evaluation.topics import Part, parts_of


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
    """A bag whose messages are read in the order they were written in, as often as wanted.

    Args:
        path: Folder of the bag, or of a run with a bag in it, or one file.

    Attributes:
        path: Where it is.
        found: What could not be read or had to be assumed; complete after a first pass.
        topics: What it holds, by name; counts are those of its index, where it has one.
        clock: What the bag says its time stamps are; empty where it does not say.
        counts: Messages of each topic, by name.
        parts: Part of each topic that plays one, by name.

    Raises:
        BagError: There is no bag, or not one of its files is one.
    """

    def __init__(self, path: Path) -> None:
        self.found = Issues()
        if path.name == files.METADATA:
            path = path.parent
        self.path = path / "bag" if files.is_inside(path) else path
        information = files.read_information(self.path, self.found)
        self._keep: list[Any] = []
        self._storages = self._open(files.bag_files(self.path, information, self.found))
        self.topics = self._merged()
        self.counts = Counter({one.name: one.count for one in self.topics.values() if one.count})
        custom = self._custom_data(information)
        said = {
            key.removeprefix(TOPIC_KEY): value
            for key, value in custom.items()
            if key.startswith(TOPIC_KEY)
        }
        self.clock = custom.get(CLOCK_KEY, "")
        kinds = {one.name: one.message_type for one in self.topics.values()}
        self.parts = parts_of(kinds, said)
        self.says_parts = bool(said)
        self._names = {part: name for name, part in self.parts.items()}
        self._types = MessageTypes(self.topics, self.found)

    @property
    def issues(self) -> list[str]:
        """What was found amiss, in plain sentences."""
        return [str(issue) for issue in self.found]

    @property
    def file_paths(self) -> list[Path]:
        """The files that are read."""
        return [one.path for one in self._storages]

    def records(self, wanted: Collection[Part]) -> Iterator[Record]:
        """Yield the messages of some parts of the pipeline."""
        names = [name for name, part in self.parts.items() if part in wanted]
        for one in self.messages(names):
            yield Record(self.parts[one.topic], one.time, one.data)

    def messages(self, topics: Collection[str]) -> Iterator[RawMessage]:
        """Yield the messages of some topics, of each file up to where it breaks off."""
        for storage in self._storages:
            yield from storage.messages(topics)

    def decode(self, record: Record) -> Any:
        """Return a record's message, with the fields that its type had when it was recorded.

        Raises:
            BagError: The message does not fit the type that the bag says it has.
        """
        return self._types.decode(self._names[record.part], record.data)

    def decode_message(self, message: RawMessage) -> Any:
        """Return a message, likewise.

        Raises:
            BagError: The message does not fit the type that the bag says it has.
        """
        return self._types.decode(message.topic, message.data)

    def _open(self, paths: list[Path]) -> list[Storage]:
        storages: list[Storage] = []
        reasons = []
        for file in paths:
            try:
                storages.append(files.open_storage(file, self.found, self._keep))
            except BagError as error:
                reasons.append(str(error))
        if not storages:
            raise BagError("; ".join(reasons))
        for reason in reasons:
            self.found.add(reason)
        return storages

    def _merged(self) -> dict[str, BagTopic]:
        merged: dict[str, BagTopic] = {}
        for storage in self._storages:
            for name, topic in storage.topics.items():
                before = merged.get(name)
                if before is None:
                    merged[name] = topic
                elif before.message_type == topic.message_type:
                    count = before.count + topic.count
                    text = before.definition or topic.definition
                    merged[name] = replace(before, count=count, definition=text)
                else:
                    self.found.add(
                        f"{name} changes its type from {before.message_type} to "
                        f"{topic.message_type} in {storage.path.name}"
                    )
        return merged

    def _custom_data(self, information: Any) -> dict[str, str]:
        """Return what whoever recorded the bag said of it: beside it, or else in its files."""
        for one in self._informations(information):
            custom = one.get("custom_data")
            if custom and isinstance(custom, dict):
                return {str(key): str(value) for key, value in custom.items()}
        return {}

    def _informations(self, information: Any) -> Iterator[dict[str, Any]]:
        if information is not None:
            yield information
        # Metadata that were made anew (`ros2 bag reindex`) have lost it; the files have not.
        for storage in self._storages:
            with suppress(ValueError):
                yield files.information_of(storage.metadata, bare=True)
