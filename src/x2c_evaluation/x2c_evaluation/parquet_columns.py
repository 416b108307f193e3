# SPDX-License-Identifier: Apache-2.0
"""Columns of Parquet files, each of the type that is expected of it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from x2c_evaluation.errors import TableError

_UNREADABLE = (OSError, ValueError, pa.ArrowException, MemoryError)
"""What pyarrow raises for a file that is no Parquet, or whose names are no text."""


def read_columns(path: Path, wanted: Collection[str] | None = None) -> pa.Table:
    """Return the columns of a Parquet file.

    Args:
        path: Of the file.
        wanted: Names of the columns; those that the file lacks are left out. None for all.

    Raises:
        TableError: It cannot be read, or has a column twice.
    """
    try:
        # By an open file, since pyarrow takes names in UTF-8 alone.
        with path.open("rb") as stream, pq.ParquetFile(stream) as file:
            return _read(file, wanted)
    except _UNREADABLE as error:
        raise TableError(f"no readable Parquet file: {error}") from error


def _read(file: pq.ParquetFile, wanted: Collection[str] | None) -> pa.Table:
    names = file.schema_arrow.names
    kept = names if wanted is None else [name for name in wanted if name in names]
    twice = sorted({name for name in kept if names.count(name) > 1})
    if twice:
        raise TableError(f"the columns {', '.join(twice)} are there twice")
    return file.read(columns=kept)


def numbers(table: pa.Table, name: str) -> NDArray[np.float64]:
    """Return a column (n,) of numbers; NaN where one is missing.

    Raises:
        TableError: It is missing, or holds something else.
    """
    column = _column(table, name, _is_number, "numbers")
    # The last digits of large integers are of no importance here.
    floats = column.cast(pa.float64(), safe=False)
    return np.asarray(floats.to_numpy(zero_copy_only=False), dtype=np.float64)


def integers(table: pa.Table, name: str) -> NDArray[np.int64]:
    """Return a column (n,) of integers.

    Raises:
        TableError: It is missing, holds something else, or lacks one.
    """
    column = _column(table, name, pa.types.is_integer, "integers")
    if column.null_count:
        raise TableError(f"the column {name} lacks {column.null_count} values")
    try:
        return np.asarray(column.cast(pa.int64()).to_numpy(), dtype=np.int64)
    except pa.ArrowException as error:
        raise TableError(f"the column {name}: {error}") from error


def texts(table: pa.Table, name: str) -> list[str | None]:
    """Return a column of texts; None where one is missing.

    Raises:
        TableError: It is missing, holds something else, or what is no text.
    """
    try:
        return list(_column(table, name, _is_text, "text").to_pylist())
    except UnicodeDecodeError as error:
        raise TableError(f"the column {name} holds what is no text: {error}") from error


def _column(
    table: pa.Table, name: str, fits: Callable[[pa.DataType], bool], expected: str
) -> pa.ChunkedArray:
    if name not in table.column_names:
        raise TableError(f"the column {name} is missing")
    column = table[name]
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if not fits(kind) and not pa.types.is_null(kind):
        raise TableError(f"the column {name} holds {column.type}, expected {expected}")
    return column


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
