# SPDX-License-Identifier: Apache-2.0
"""Bounds on what an sqlite3 file of unknown origin can make its reader do.

A database file holds programs: a view or a computed column runs when it is read, and a forged tree
of pages leads through the same rows again and again. Only plain tables of rosbag2 are read, and
the work is bounded by the size of the file.
"""

from __future__ import annotations

import sqlite3

from x2c_bags.errors import BagError
from x2c_core.files.input_limits import RECORD_BYTES

TABLES = ("topics", "messages", "message_definitions", "metadata")

_SCHEMA = ("sqlite_master", "sqlite_schema")
_PRAGMAS = ("table_info", "table_xinfo", "trusted_schema")
_STEP = 100_000
"""Instructions of sqlite's virtual machine between two looks at the budget."""
_INSTRUCTIONS_PER_BYTE = 100
"""A row of the smallest size takes about three for each of its bytes."""
_FIRST_BUDGET = 10_000_000
_LARGEST_LENGTH = 2**31 - 1


class Guard:
    """Budget of one connection, which is set up for reading bags only.

    Args:
        database: Connection; nothing has been read with it yet.
        size: Size of the file [byte].
    """

    def __init__(self, database: sqlite3.Connection, size: int) -> None:
        self._left = (_FIRST_BUDGET + _INSTRUCTIONS_PER_BYTE * size) // _STEP
        database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, min(RECORD_BYTES.value, _LARGEST_LENGTH))
        database.execute("PRAGMA trusted_schema = OFF")
        database.set_progress_handler(self._spend, _STEP)
        database.set_authorizer(_authorize)

    @property
    def is_spent(self) -> bool:
        """True if a query was ended since it read far more than the file can hold."""
        return self._left < 0

    def _spend(self) -> bool:
        self._left -= 1
        return self.is_spent


def check_tables(database: sqlite3.Connection) -> None:
    """Refuse a file in which something else stands in the place of a table of rosbag2.

    Raises:
        BagError: One is a view, a virtual table, or has computed columns.
        sqlite3.Error: The file cannot be read.
    """
    query = "SELECT type, name, rootpage FROM sqlite_master"
    for kind, name, page in database.execute(query):
        if str(name).lower() not in TABLES or kind in ("index", "trigger"):
            continue
        if kind != "table":
            raise BagError(f"{name!r} is a {kind}, expected a table")
        if not page:
            raise BagError(f"{name!r} is a virtual table, expected a plain one")
        for column in database.execute(f"PRAGMA table_xinfo({str(name).lower()})"):
            if column[6]:
                raise BagError(
                    f"the column {column[1]!r} of {name!r} is computed, expected a stored one"
                )


def _authorize(
    action: int, one: str | None, two: str | None, database: str | None, source: str | None
) -> int:
    if action == sqlite3.SQLITE_READ:
        allowed = (one or "").lower() in (*TABLES, *_SCHEMA) and source is None
    elif action == sqlite3.SQLITE_FUNCTION:
        allowed = two == "count"
    elif action == sqlite3.SQLITE_PRAGMA:
        allowed = (one or "").lower() in _PRAGMAS
    else:
        allowed = action == sqlite3.SQLITE_SELECT
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY
