# SPDX-License-Identifier: Apache-2.0
"""Bag files in the sqlite3 format, of every rosbag2 so far, whole or not."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from x2c_bags.errors import BagError
from x2c_bags.reading.sqlite_guard import Guard, check_tables
from x2c_bags.reading.storage import Channel, RawMessage, Storage
from x2c_bags.schema.definition_budget import DefinitionBudget
from x2c_core.files.input_limits import RECORD_BYTES
from x2c_core.files.issues import Issues
from x2c_core.words import counted

_LONGEST_GAP = 4096
"""Rows tried one by one after one that cannot be read."""

_LARGEST = 2**40
"""A header that promises more than this is damaged [byte]."""

DAMAGED = (sqlite3.Error, UnicodeDecodeError)
"""Exceptions of sqlite at a damaged file; names in its own messages need not be text."""

_COLUMNS = "id, topic_id, timestamp, data"
_SINGLE = f"SELECT {_COLUMNS} FROM messages WHERE id = ?"  # noqa: S608 - a constant


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
        self._numbered: dict[Any, Channel] = {}
        self._file, self._folder = _whole(path, issues)
        try:
            with closing(self._open()[0]) as database:
                check_tables(database)
                self._read_topics(database)
        except BagError as error:
            raise BagError(f"{path} is refused: {error}") from error
        except DAMAGED as error:
            raise BagError(
                f"{path} is no bag that can be read ({error}); expected the tables 'topics' and "
                "'messages' of rosbag2"
            ) from error

    def messages(self, wanted: Callable[[Channel], bool]) -> Iterator[RawMessage]:
        """Yield the messages of some channels by time; by place in a damaged file."""
        read = {number: channel for number, channel in self._numbered.items() if wanted(channel)}
        if not read:
            return
        unusable: Counter[str] = Counter()
        for _, number, time, data in self._rows(list(read)):
            # sqlite keeps values of any type in any column.
            if isinstance(time, int) and isinstance(data, bytes):
                yield RawMessage(read[number], time, data)
            else:
                unusable[read[number].topic] += 1
        for topic, count in unusable.items():
            self.issues.once(
                f"{self.path.name}: {counted(count, 'message')} of {topic} passed over: expected "
                "an integer for their time and a blob for their data"
            )

    def _rows(self, numbers: list[Any]) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of some topics; each that can be reached in a damaged file."""
        read: set[int] = set()
        database, guard = self._open()
        with closing(database):
            try:
                for row in _by_time(database, numbers):
                    if row[0] not in read:
                        read.add(row[0])
                        yield row
                return
            except sqlite3.DataError:
                self.issues.once(_too_large(self.path))
            except DAMAGED as error:
                if not guard.is_spent:
                    self.issues.once(
                        f"{self.path.name} is damaged ({error}): what could still be "
                        "found in it was read"
                    )
            for row in _by_place(database, guard):
                if row[1] in numbers and row[0] not in read:
                    yield row
            if guard.is_spent:
                self.issues.once(
                    f"{self.path.name} leads to more rows than it can hold: it is damaged or "
                    "forged, and was not read on"
                )

    def _open(self) -> tuple[sqlite3.Connection, Guard]:
        name = quote(os.fsencode(self._file.absolute()))
        try:
            database, guard = self._connect(f"file:{name}?mode=ro")
            database.execute("SELECT name FROM sqlite_master LIMIT 1").fetchone()
        except sqlite3.OperationalError:
            # A folder that cannot be written has no room for the lock that a journal needs.
            if self._journal_size and self._copied_with_journal():
                return self._open()
            database, guard = self._connect(f"file:{name}?mode=ro&immutable=1")
        # What is no text is none of ours, and no reason to stop.
        database.text_factory = lambda data: data.decode("utf-8", errors="replace")
        return database, guard

    def _connect(self, name: str) -> tuple[sqlite3.Connection, Guard]:
        database = sqlite3.connect(name, uri=True)
        # The copy of a file that was cut off is larger than what there is to read.
        return database, Guard(database, self.path.stat().st_size + self._journal_size)

    def _copied_with_journal(self) -> bool:
        """Copy the file and its journal to where there is room for a lock; True if it was done."""
        journal = self._journal
        if self._file != self.path:
            return False
        try:
            folder = tempfile.TemporaryDirectory(prefix="x2c_bag_")
            for one in (self.path, journal):
                shutil.copyfile(one, Path(folder.name) / one.name)
        except OSError as error:
            self._refuse(
                f"what {journal.name} holds ({journal.stat().st_size} bytes) was not read: there "
                f"was no copy of the bag to be made ({error.strerror or error}); copy it into a "
                "folder that can be written"
            )
            return False
        self._file, self._folder = Path(folder.name) / self.path.name, folder
        return True

    @property
    def _journal(self) -> Path:
        return self.path.with_name(f"{self.path.name}-wal")

    @property
    def _journal_size(self) -> int:
        """Size of what a recorder that did not end has left beside the file [byte]."""
        return self._journal.stat().st_size if self._journal.is_file() else 0

    def _read_topics(self, database: sqlite3.Connection) -> None:
        with suppress(*DAMAGED):
            row = database.execute("SELECT metadata FROM metadata ORDER BY id DESC").fetchone()
            self.metadata = str(row[0]) if row else ""
        definitions = _definitions(database, DefinitionBudget(self._refuse))
        counts = self._counts(database)
        hashed = "type_description_hash" in _columns_of(database, "topics")
        columns = "id, name, type, serialization_format" + ", type_description_hash" * hashed
        for number, *texts in database.execute(f"SELECT {columns} FROM topics"):  # noqa: S608 - constants
            name, kind, serialization, *hashes = texts
            if not (isinstance(name, str) and isinstance(kind, str)):
                self.issues.once(
                    f"{self.path.name}: a topic (number {number}) was passed over: expected texts "
                    f"for its name and its type, got {name!r:.100} and {kind!r:.100}"
                )
                continue
            type_hash = str(hashes[0] or "") if hashed else ""
            form, known = _definition(definitions.get(kind, []), type_hash)
            channel = Channel(name, kind, known, form, str(serialization or ""), type_hash)
            self._numbered[number] = channel
            self.channels[channel] += counts.get(number, 0)

    def _refuse(self, reason: str) -> None:
        self.issues.once(f"{self.path.name}: {reason}")

    def _counts(self, database: sqlite3.Connection) -> dict[int, int]:
        query = "SELECT topic_id, count(*) FROM messages GROUP BY topic_id"
        try:
            return dict(database.execute(query).fetchall())
        except DAMAGED:
            # Reported when the messages themselves are read; unknown until then.
            return {}


@dataclass(frozen=True)
class _Embedded:
    form: str
    text: str
    type_hash: str


def _too_large(path: Path) -> str:
    limit = RECORD_BYTES
    return (
        f"{path.name}: messages of more than {limit.value} bytes, the limit, were passed over: if "
        f"that size is right, set {limit.variable} to a larger number"
    )


def _columns_of(database: sqlite3.Connection, table: str) -> set[str]:
    return {row[1] for row in database.execute(f"PRAGMA table_info({table})")}


def _definitions(
    database: sqlite3.Connection, budget: DefinitionBudget
) -> dict[str, list[_Embedded]]:
    """Return the definitions that the file embeds, by message type."""
    there = _columns_of(database, "message_definitions")
    hashed = "type_description_hash" if "type_description_hash" in there else "''"
    columns = f"topic_type, encoding, encoded_message_definition, {hashed}"
    found: dict[str, list[_Embedded]] = {}
    with suppress(*DAMAGED):
        for row in database.execute(f"SELECT {columns} FROM message_definitions"):  # noqa: S608 - constants
            kind, *texts = (one if isinstance(one, str) else "" for one in row)
            if not budget.takes(sum(map(len, texts))):
                break
            found.setdefault(kind, []).append(_Embedded(*texts))
    return found


def _definition(found: Sequence[_Embedded], type_hash: str) -> tuple[str, tuple[str, ...]]:
    """Return form and texts of the definition that a topic was recorded with."""
    fitting = [one for one in found if one.type_hash == type_hash] or found
    texts = dict.fromkeys(one.text for one in fitting if one.text)
    return fitting[0].form if fitting else "ros2msg", tuple(texts)


def _by_time(database: sqlite3.Connection, numbers: list[Any]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of some topics by their time."""
    places = ",".join("?" * len(numbers))
    ordered = f"FROM messages WHERE topic_id IN ({places}) ORDER BY timestamp, id"
    plan = database.execute(f"EXPLAIN QUERY PLAN SELECT {_COLUMNS} {ordered}", numbers)
    if not any("TEMP B-TREE" in step[3] for step in plan):
        yield from database.execute(f"SELECT {_COLUMNS} {ordered}", numbers)
        return
    # Without an index on the time, sqlite would write all messages to a file of its own to sort.
    for (number,) in database.execute(f"SELECT id {ordered}", numbers):
        yield from database.execute(_SINGLE, (number,)).fetchall()


def _by_place(database: sqlite3.Connection, guard: Guard) -> Iterator[tuple[int, int, int, bytes]]:
    """Yield the rows of a damaged file that can be read, by their places."""
    last, gap = 0, 0
    following = f"SELECT {_COLUMNS} FROM messages WHERE id > ? ORDER BY id"  # noqa: S608 - a constant
    while gap < _LONGEST_GAP and not guard.is_spent:
        with suppress(*DAMAGED):
            for row in database.execute(following, (last,)):
                # Damaged pages can point to each other, round and round.
                if row[0] <= last:
                    break
                last, gap = row[0], 0
                yield row
            else:
                return
        # The next one cannot be reached from here: try it by itself.
        last, gap = last + 1, gap + 1
        with suppress(*DAMAGED):
            row = database.execute(_SINGLE, (last,)).fetchone()
            if row is not None:
                gap = 0
                yield row
