# SPDX-License-Identifier: Apache-2.0
"""One MCAP file of a bag, as rosbag2 lays it out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mcap.writer import CompressionType, Writer

from x2c_bags.schema.definitions import definition
from x2c_bags.schema.topics import Part, Topic
from x2c_bags.writing.bag_metadata import FileInformation, qualities, to_yaml
from x2c_core.files.whole_file import WholeFile

_CHUNK = 1024 * 1024


class BagFile:
    """An open MCAP file, whose chunks reach the disk whole or not at all.

    Args:
        path: The file; made where there is none.
        topics: Topics that can be written to it, by full name.
        metadata: rosbag2's, as far as they are known: a file that is never finished has these.

    Raises:
        OSError: It cannot be made.
        BagError: The type of a topic is not installed.
    """

    def __init__(self, path: Path, topics: Mapping[str, Topic], metadata: str) -> None:
        self.path = path
        self.counts: Counter[Part] = Counter()
        self.start = self.end = 0
        self._definitions = {
            one.message_type: definition(one.message_type) for one in topics.values()
        }
        self._file = WholeFile(path)
        # JPEG does not get smaller, and what else there is hardly counts.
        stream: Any = self._file
        self._writer: Any = Writer(stream, chunk_size=_CHUNK, compression=CompressionType.NONE)
        self._writer.start(profile="ros2", library="x2c")
        self._add_metadata(metadata)
        self._topics = {topic.part: (name, topic) for name, topic in topics.items()}
        self._channels: dict[tuple[Part, str], int] = {}
        for topic in topics.values():
            if not topic.shared_face:
                self._channel(topic.part, "")

    @property
    def size(self) -> int:
        """Length of the file without the current chunk [byte]."""
        return self._file.tell()

    @property
    def waiting(self) -> int:
        """Amount that did not fit on the disk and waits for room [byte]."""
        return self._file.waiting

    @property
    def information(self) -> FileInformation:
        """Entry of this file in the bag's metadata."""
        return FileInformation(self.path.name, self.start, self.end, dict(self.counts))

    def write(self, part: Part, time: int, data: bytes, type_hash: str = "") -> None:
        """Write a serialized message.

        Args:
            part: Part that its topic plays.
            time: Its time [ns].
            data: The message.
            type_hash: Hash of its type, where that is not the installed one.

        Raises:
            OSError: There is no room on the disk; the message waits.
        """
        self.start = min(self.start, time) if self.counts else time
        self.end = max(self.end, time)
        self.counts[part] += 1
        channel = self._channel(part, type_hash)
        self._writer.add_message(channel, time, data, time, self.counts[part])
        if self._file.pending:
            self._file.commit()

    def flush(self) -> None:
        """Bring everything to the disk.

        Raises:
            OSError: There is no room; it waits.
        """
        self._writer.flush()

    def close(self, metadata: str) -> None:
        """Write what is left, rosbag2's metadata and the index, and close the file.

        Raises:
            OSError: There is no room for all of it; the file ends after its last whole piece.
        """
        try:
            self._writer.flush()
        finally:
            self._finish(metadata)

    def _channel(self, part: Part, type_hash: str) -> int:
        """Return the channel for messages of one type, which is made where there is none."""
        if (part, type_hash) not in self._channels:
            kind = self._topics[part][1].message_type
            known = self._definitions[kind]
            text = b"" if type_hash else known.text.encode()
            schema = self._writer.register_schema(kind, "ros2msg", text)
            self._channels[part, type_hash] = self._register(part, schema, type_hash or known.hash)
        return self._channels[part, type_hash]

    def _register(self, part: Part, schema: int, type_hash: str) -> int:
        name, topic = self._topics[part]
        metadata = {
            "offered_qos_profiles": to_yaml(qualities(topic)),
            "topic_type_hash": type_hash,
        }
        return int(self._writer.register_channel(name, "cdr", schema, metadata))

    def _finish(self, metadata: str) -> None:
        try:
            if not self._file.waiting:
                self._add_metadata(metadata)
                self._writer.finish()
        finally:
            self._file.close()

    def _add_metadata(self, metadata: str) -> None:
        """Write rosbag2's metadata; of several such records rosbag2 takes the last."""
        self._writer.add_metadata("rosbag2", {"serialized_metadata": metadata})
