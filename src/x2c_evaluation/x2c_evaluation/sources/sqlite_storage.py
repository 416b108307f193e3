# SPDX-License-Identifier: Apache-2.0
"""Bag files in the sqlite3 format, of every rosbag2 so far, whole or not."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote

from x2c_evaluation.errors import BagError
from x2c_evaluation.sources.issues import Issues
from x2c_evaluation.sources.storage import BagTopic, RawMessage, Storage

_LONGEST_GAP = 4096
"""Rows tried one by one after one that cannot be read."""

_COLUMNS = "id, topic_id, timestamp, data"


class SqliteStorage(Storage):
    """One .db3 file; see the base class.

    Raises:
        BagError: It has no tables of topics and messages.
    """

    def __init__(self, path: Path, issues: Issues) -> None:
        super().__init__(path, issues)
        self._names: dict[int, str] = {}
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
        last, read = 0, set[int]()
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
                    f"{self.path.name} is damaged or was cut off ({error}): what could still be "
                    "found in it was read"
                )
            # The index by time cannot be followed to its end: go by the places of the rows.
            while True:
                query = f"SELECT {_COLUMNS} FROM messages WHERE id > ? ORDER BY id"  # noqa: S608 - a constant
                try:
                    for row in database.execute(query, (last,)):
                        last = row[0]
                        if row[1] in numbers and row[0] not in read:
                            yield RawMessage(self._names[row[1]], row[2], bytes(row[3]))
                    return
                except sqlite3.Error:
                    found = self._after_gap(database, last)
                    if found is None:
                        return
                    last = found

    def _after_gap(self, database: sqlite3.Connection, last: int) -> int | None:
        """Return the place before the next row that can be read."""
        for place in range(last + 1, last + _LONGEST_GAP):
            with suppress(sqlite3.Error):
                row = database.execute("SELECT data FROM messages WHERE id = ?", (place,))
                if row.fetchone() is not None:
                    return place - 1
        return None

    def _open(self) -> sqlite3.Connection:
        name = quote(str(self.path.absolute()))
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
