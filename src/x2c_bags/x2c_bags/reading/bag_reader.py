# SPDX-License-Identifier: Apache-2.0
"""Read what can be read of a bag, finished or not, and say what could not be.

MCAP and sqlite3, one file or several, packed or not, of any ROS 2 distribution. Needs no
running ROS graph and no rclpy: message types come from the bag itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any

from x2c_bags.errors import BagError
from x2c_bags.reading import files
from x2c_bags.reading.message_types import USED, MessageTypes
from x2c_bags.reading.opening import open_storage
from x2c_bags.reading.storage import BagTopic, Channel, RawMessage, Storage
from x2c_bags.schema.topics import Part, parts_of
from x2c_bags.writing.bag_writer import CLOCK_KEY, TOPIC_KEY
from x2c_core.files.issues import Issues
from x2c_core.words import counted


class BagReader:
    """A bag whose messages are read in the order they were written in, as often as wanted.

    Args:
        path: Folder of the bag, or of a run with a bag in it, or one file.

    Attributes:
        path: Path of the bag.
        found: Problems and assumptions while reading; complete after a first pass.
        topics: Topics by name; counts are those of the bag's index, if it has one.
        clock: Clock of the bag's time stamps; empty if the bag does not name it.
        counts: Messages of each topic, by name.
        parts: Part of each topic that plays one, by name.
        decode: Decoder of the messages that are read, `MessageTypes.decode`.

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
        self._channels: Counter[Channel] = Counter()
        for storage in self._storages:
            for channel, count in storage.channels.items():
                self._channels[channel] += count
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
        self._types = MessageTypes(self._channels, self.found)
        self.decode = self._types.decode

    @property
    def issues(self) -> list[str]:
        """Problems found, in plain sentences."""
        return [str(issue) for issue in self.found]

    @property
    def file_paths(self) -> list[Path]:
        """The files that are read."""
        return [one.path for one in self._storages]

    def messages_of(self, parts: Collection[Part]) -> Iterator[RawMessage]:
        """Return the messages of some parts of the pipeline; see `messages`."""
        return self.messages([name for name, part in self.parts.items() if part in parts])

    def messages(self, topics: Collection[str]) -> Iterator[RawMessage]:
        """Return the messages of some topics, of each file up to where it breaks off.

        Those that cannot be understood are passed over, and why is an issue.
        """

        def is_wanted(channel: Channel) -> bool:
            return channel.topic in topics and self._is_read(channel)

        return chain.from_iterable(one.messages(is_wanted) for one in self._storages)

    def _is_read(self, channel: Channel) -> bool:
        """Return whether a channel's messages can be read as its topic's; note why not."""
        topic = self.topics.get(channel.topic)
        if topic is None:
            return False
        reason = self._types.refused(channel)
        if channel.message_type and channel.message_type != topic.message_type:
            reason = f"they are {channel.message_type}, and those read {topic.message_type}"
        if reason:
            count = self._channels[channel]
            messages = counted(count, "message was", "messages were") if count else "messages were"
            self.found.once(f"{channel.topic}: {messages} passed over: {reason}")
        return not reason

    def _open(self, paths: list[Path]) -> list[Storage]:
        storages: list[Storage] = []
        reasons = []
        for file in paths:
            try:
                storages.append(open_storage(file, self.found, self._keep))
            except BagError as error:
                reasons.append(str(error))
        if not storages:
            raise BagError("; ".join(reasons))
        for reason in reasons:
            self.found.add(reason)
        return storages

    def _merged(self) -> dict[str, BagTopic]:
        """Return the topics with the types that are read of them.

        Of several types of one topic it is one that the pipeline knows, and the most frequent.
        """
        counts: dict[str, Counter[str]] = {}
        for channel, count in self._channels.items():
            counts.setdefault(channel.topic, Counter())[channel.message_type] += count
        merged = {}
        for name, kinds in counts.items():
            kind = max(kinds, key=lambda one: (one in USED, bool(one), kinds[one]))
            if kind:
                merged[name] = BagTopic(name, kind, kinds[kind])
            else:
                self.found.add(
                    f"{name}: {kinds[kind]} messages were passed over: the bag does not say of "
                    "which type they are"
                )
        return merged

    def _custom_data(self, information: Any) -> dict[str, str]:
        """Return the metadata of the bag: from the file beside it, else from within its files."""
        for one in self._informations(information):
            custom = one.get("custom_data")
            if custom and isinstance(custom, dict):
                return {str(key): str(value) for key, value in custom.items()}
        return {}

    def _informations(self, information: Any) -> Iterator[dict[str, Any]]:
        if information is not None:
            yield information
        # Metadata that were rebuilt (`ros2 bag reindex`) have lost it; the files have not.
        for storage in self._storages:
            with suppress(ValueError):
                yield files.information_of(storage.metadata, bare=True)
