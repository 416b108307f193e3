# SPDX-License-Identifier: Apache-2.0
"""Bag files in the sqlite3 format, of every rosbag2 so far, whole or not."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Collection, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from x2c_evaluation.errors import BagError
from x2c_evaluation.sources.issues import Issues
from x2c_evaluation.sources.storage import BagTopic, RawMessage, Storage

_LONGEST_GAP = 4096
"""Rows tried one by one after one that cannot be read."""

_LARGEST = 2**40
"""A header that promises more than this is damaged [byte]."""

_COLUMNS = "id, topic_id, timestamp, data"


def _whole(path: Path, issues: Issues) -> tuple[Path, Any]:
    """Return a file that sqlite opens, and what has to live as long.

    sqlite refuses a file that is shorter than its header says, whatever is in it: a copy gets
    empty pages in place of those that were cut off.
    """
    try:
        with path.open("rb") as file:
            header = file.read(32)
            size = file.seek(0, 2)
        if len(header) < 32:
            return path, None
        page = int.from_bytes(header[16:18], "big")
        page = 65536 if page == 1 else page
        expected = page * int.from_bytes(header[28:32], "big")
        if not size < expected <= _LARGEST:
            return path, None
        issues.once(
            f"{path.name} was cut off: it has {size} of {expected} bytes; what could still be "
            "found in it was read"
        )
        folder = tempfile.TemporaryDirectory(prefix="x2c_bag_")
        copy = Path(folder.name) / path.name
        shutil.copyfile(path, copy)
        # Half a page would pass for a whole one with zeros for data.
        os.truncate(copy, size // page * page)
        os.truncate(copy, expected)
    except OSError as error:
        raise BagError(f"cannot read {path}: {error.strerror or error}") from error
    return copy, folder


class SqliteStorage(Storage):
    """One .db3 file; see the base class.

    Raises:
        BagError: It has no tables of topics and messages.
    """

    def __init__(self, path: Path, issues: Issues) -> None:
        super().__init__(path, issues)
        self._names: dict[int, str] = {}
        self._file, self._folder = _whole(path, issues)
        try:
            with closing(self._open()) as database:
                self._read_topics(database)
        except sqlite3.Error as error:
            raise BagError(
                f"{path} is no bag that can be read ({error}); expected the tables 'topics' and "
                "'messages' of rosbag2"
            ) from error

    def messages(self, wanted: Collection[str]) -> Iterator[RawMessage]:
        """Yield the messages of some topics by time; by place in a damaged file."""
        numbers = [number for number, name in self._names.items() if name in wanted]
        if not numbers:
            return
        places = ",".join("?" * len(numbers))
        kept = f"WHERE topic_id IN ({places})"
        read: set[int] = set()
        with closing(self._open()) as database:
            try:
                rows = database.execute(
                    f"SELECT {_COLUMNS} FROM messages {kept} ORDER BY timestamp, id",  # noqa: S608 - placeholders
                    numbers,
                )
                for row in rows:
                    read.add(row[0])
                    yield RawMessage(self._names[row[1]], row[2], bytes(row[3]))
                return
            except sqlite3.Error as error:
                self.issues.once(
                    f"{self.path.name} is damaged ({error}): what could still be "
                    "found in it was read"
                )
            for row in _by_place(database):
                if row[1] in numbers and row[0] not in read:
                    yield RawMessage(self._names[row[1]], row[2], bytes(row[3]))

    def _open(self) -> sqlite3.Connection:
        name = quote(str(self._file.absolute()))
        try:
            database = sqlite3.connect(f"file:{name}?mode=ro", uri=True)
            database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.OperationalError:
            # A folder that cannot be written has no room for the lock that a journal needs.
            database = sqlite3.connect(f"file:{name}?mode=ro&immutable=1", uri=True)
        return database

    def _read_topics(self, database: sqlite3.Connection) -> None:
        definitions = {}
        with suppress(sqlite3.Error):
            rows = database.execute(
                "SELECT topic_type, encoding, encoded_message_definition FROM message_definitions"
            )
            definitions = {kind: (form, text) for kind, form, text in rows}
        with suppress(sqlite3.Error):
            row = database.execute("SELECT metadata FROM metadata ORDER BY id DESC").fetchone()
            self.metadata = row[0] if row else ""
        counts = self._counts(database)
        rows = database.execute("SELECT id, name, type, serialization_format FROM topics")
        for number, name, kind, serialization in rows:
            self._names[number] = name
            form, text = definitions.get(kind, ("ros2msg", ""))
            count = counts.get(number, 0)
            if name in self.topics:
                count += self.topics[name].count
            self.topics[name] = BagTopic(name, kind, text, form, serialization, count)

    def _counts(self, database: sqlite3.Connection) -> dict[int, int]:
        query = "SELECT topic_id, count(*) FROM messages GROUP BY topic_id"
        try:
            return dict(database.execute(query).fetchall())
        except sqlite3.Error:
            # Told when the messages themselves are read; until then nobody knows.
            return {}


def _by_place(database: sqlite3.Connection) -> Iterator[tuple[int, int, int, bytes]]:
    """Yield the rows of a damaged file that can be read, by their places."""
    last, gap = 0, 0
    following = f"SELECT {_COLUMNS} FROM messages WHERE id > ? ORDER BY id"  # noqa: S608 - a constant
    single = f"SELECT {_COLUMNS} FROM messages WHERE id = ?"  # noqa: S608 - a constant
    while gap < _LONGEST_GAP:
        with suppress(sqlite3.Error):
            for row in database.execute(following, (last,)):
                last, gap = row[0], 0
                yield row
            return
        # The next one cannot be reached from here: try it by itself.
        last, gap = last + 1, gap + 1
        with suppress(sqlite3.Error):
            row = database.execute(single, (last,)).fetchone()
            if row is not None:
                gap = 0
                yield row
