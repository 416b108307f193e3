# SPDX-License-Identifier: Apache-2.0
"""Writes a rosbag2 bag (MCAP) that stays readable when the process is killed or the disk full.

rosbags writes a chunk when it has 1 MiB and keeps the rest in memory. Here a chunk is also written
at every flush, and a chunk that does not fit on the disk leaves nothing behind. A bag that was not
closed has no index: `ros2 bag play` wants `mcap recover` first, `bag_reader` reads it as it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from rosbags.interfaces import (
    Connection,
    Qos,
    QosDurability,
    QosHistory,
    QosLiveliness,
    QosReliability,
    QosTime,
)
from rosbags.rosbag2 import StoragePlugin, Writer, WriterError
from rosbags.rosbag2.enums import CompressionMode
from rosbags.rosbag2.storage_mcap import McapWriter, write_channel, write_schema

from x2c_evaluation.definitions import definition
from x2c_evaluation.errors import BagError
from x2c_evaluation.topics import Part, Topic
from x2c_evaluation.whole_file import WholeFile

TOPIC_KEY = "x2c_topic:"
"""Before the name of a part, in a bag's custom data: the topic that plays it."""

CLOCK_KEY = "x2c_clock"
"""In a bag's custom data: what its time stamps are."""

_FOREVER = QosTime(9223372036, 854775807)


class _McapStorage(McapWriter):
    """MCAP storage whose chunks reach the disk whole or not at all."""

    def __init__(self, path: Path, compression: CompressionMode) -> None:
        super().__init__(path, compression)
        self.bio.close()
        self.bio: Any = WholeFile(self.path)

    def add_msgtype(self, connection: Connection) -> None:
        super().add_msgtype(connection)
        # Also outside of any chunk, so that no chunk needs another one to be understood.
        write_schema(self.bio, self.schemas[-1])

    def add_connection(self, connection: Connection, offered_qos_profiles: str) -> None:
        super().add_connection(connection, offered_qos_profiles)
        write_channel(self.bio, self.channels[-1], self.schemas)

    def close_chunk(self) -> None:
        messages, count = self.chunk.msgs, len(self.chunks)
        super().close_chunk()
        try:
            self.bio.commit()
        except OSError:
            del self.chunks[count:]
            for channel, times in messages.items():
                self.channel_stats[channel] -= len(times)
            raise

    def flush(self) -> bool:
        """Write what is in memory, and return whether there was a message."""
        if not self.chunk.msgs:
            self.bio.commit()
            return False
        self.close_chunk()
        return True

    def close(self, version: int, metadata: str) -> None:
        if not self.chunk.msgs:
            self.chunk.bio.truncate(0)
            self.chunk.bio.seek(0)
        super().close(version, metadata)


class _Writer(Writer):
    STORAGE_PLUGINS: ClassVar[Mapping[StoragePlugin, type[Any]]] = {
        StoragePlugin.MCAP: _McapStorage
    }


class BagWriter:
    """An open bag.

    Messages that do not fit on the disk are counted and forgotten; writing goes on, since somebody
    may make room.

    Args:
        folder: Folder of the bag; it must not exist.
        topics: What is recorded, by full name.
        clock: What the time stamps of the bag are, for whoever reads it.

    Raises:
        BagError: The bag exists already or cannot be made.
    """

    def __init__(self, folder: Path, topics: Mapping[str, Topic], clock: str) -> None:
        self.counts: Counter[Part] = Counter()
        self.lost = 0
        self.fault = ""
        self._connections = {}
        try:
            self._writer = _Writer(
                folder, version=Writer.VERSION_LATEST, storage_plugin=StoragePlugin.MCAP
            )
            for name, topic in topics.items():
                self._writer.set_custom_data(TOPIC_KEY + topic.part, name)
            self._writer.set_custom_data(CLOCK_KEY, clock)
            self._writer.open()
            self._storage: Any = self._writer.storage
            for name, topic in topics.items():
                self._connections[topic.part] = self._connect(name, topic)
            self._storage.flush()
        except (OSError, WriterError) as error:
            raise BagError(f"cannot make the bag {folder}: {error}") from error

    def write(self, part: Part, time: int, data: bytes) -> None:
        """Write a serialized message with its time [ns]."""
        self.counts[part] += 1
        with self._losing_what_does_not_fit():
            self._writer.write(self._connections[part], time, data)

    def flush(self) -> None:
        """Bring everything to the disk."""
        with self._losing_what_does_not_fit():
            if self._storage.flush():
                self.fault = ""

    def close(self) -> None:
        """Finish the bag.

        Raises:
            BagError: There was no room for the index.
        """
        self.flush()
        self._writer.counts.update(self._storage.channel_stats)
        try:
            self._writer.close()
        except OSError as error:
            raise BagError(
                f"the bag {self._writer.path} has no index, since it could not be written: "
                f"{error}; its messages are there: `mcap recover` makes the index"
            ) from error

    @contextmanager
    def _losing_what_does_not_fit(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.fault = f"cannot write {self._writer.path}: {error.strerror or error}"
            self.lost = self.counts.total() - sum(self._storage.channel_stats.values())

    def _connect(self, name: str, topic: Topic) -> Connection:
        known = definition(topic.message_type)
        return self._writer.add_connection(
            name,
            topic.message_type,
            msgdef=known.text,
            rihs01=known.hash,
            offered_qos_profiles=[_quality(topic)],
        )


def _quality(topic: Topic) -> Qos:
    return Qos(
        QosHistory.KEEP_LAST,
        topic.depth,
        QosReliability.RELIABLE,
        QosDurability.TRANSIENT_LOCAL if topic.latched else QosDurability.VOLATILE,
        _FOREVER,
        _FOREVER,
        QosLiveliness.AUTOMATIC,
        _FOREVER,
        False,
    )
