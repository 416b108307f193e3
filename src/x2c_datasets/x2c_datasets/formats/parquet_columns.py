# SPDX-License-Identifier: Apache-2.0
"""Columns of Parquet files, each of the type that is expected of it.

A few bytes of such a file can stand for any number of rows, and one text for each of them: files
are read only where what they unpack to is within the limit, and equal texts are kept once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from x2c_core.errors import TableError
from x2c_core.files.impostors import mistaken_content
from x2c_core.files.input_limits import TABLE_BYTES, LimitError
from x2c_core.files.regular_files import open_regular
from x2c_core.words import counted

_WIDTHS = {"BOOLEAN": 1, "INT32": 4, "INT64": 8, "INT96": 12, "FLOAT": 4, "DOUBLE": 8}
_REFERENCE = 4
"""Width of a value that is kept once and referred to [byte]."""
_UNREADABLE = (OSError, ValueError, pa.ArrowException, MemoryError)
"""Exceptions of pyarrow for a file that is no Parquet, or whose names are no text."""


def read_columns(path: Path, wanted: Collection[str] | None = None) -> pa.Table:
    """Return the columns of a Parquet file.

    Args:
        path: Path of the file.
        wanted: Names of the columns; those that the file lacks are left out. None for all.

    Raises:
        TableError: It cannot be read, has a column twice, or is larger than the limit.
    """
    try:
        # By an open file, since pyarrow takes names in UTF-8 alone.
        with open_regular(path) as stream:
            kept, words = _layout(stream, wanted)
            with pq.ParquetFile(stream, read_dictionary=words) as file:
                return file.read(columns=kept)
    except LimitError as error:
        raise TableError(f"it {error}") from error
    except OSError as error:
        raise TableError(f"no readable Parquet file: {error.strerror or error}") from error
    except _UNREADABLE as error:
        reason = mistaken_content(path) or error
        raise TableError(f"no readable Parquet file: {reason}") from error


def read_as_written(path: Path) -> pa.Table:
    """Return a table with its columns as they were written.

    Raises:
        OSError: The path leads to no regular file, or the file cannot be read.
        LimitError: The table is larger than the limit.
        pyarrow.ArrowException: The file is no Parquet file.
    """
    with open_regular(path) as stream, pq.ParquetFile(stream) as file:
        _check_size(file.metadata, None)
        return file.read()


def _layout(stream: BinaryIO, wanted: Collection[str] | None) -> tuple[list[str], list[str]]:
    """Return the names of the columns to read, and of those with texts, which are kept once."""
    file = pq.ParquetFile(stream)
    schema = file.schema_arrow
    kept = _kept(schema.names, wanted)
    _check_size(file.metadata, kept)
    return kept, [name for name in kept if _is_text(schema.field(name).type)]


def _check_size(metadata: Any, wanted: Collection[str] | None) -> None:
    size = 0
    for group in range(metadata.num_row_groups):
        rows = metadata.row_group(group)
        for number in range(rows.num_columns):
            column = rows.column(number)
            if wanted is not None and column.path_in_schema.partition(".")[0] not in wanted:
                continue
            width = _WIDTHS.get(column.physical_type)
            if width is None:
                width = max(_REFERENCE, metadata.schema.column(number).length or 0)
            values = max(column.num_values, rows.num_rows)
            size += max(column.total_uncompressed_size, values * width)
    TABLE_BYTES.check(size, "unpacks to")


def _kept(names: list[str], wanted: Collection[str] | None) -> list[str]:
    kept = names if wanted is None else [name for name in wanted if name in names]
    twice = sorted({name for name in kept if names.count(name) > 1})
    if twice:
        raise TableError(f"the columns {', '.join(twice)} are there twice")
    return kept


def plain(table: pa.Table, name: str) -> list[Any]:
    """Return a column as Python's values, equal texts as one object.

    Raises:
        TableError: A text in it is no UTF-8.
    """
    values: list[Any] = []
    try:
        for chunk in table[name].chunks:
            if not pa.types.is_dictionary(chunk.type):
                values += chunk.to_pylist()
                continue
            words = chunk.dictionary.to_pylist()
            values += [
                None if index is None else words[index] for index in chunk.indices.to_pylist()
            ]
    except UnicodeDecodeError as error:
        raise TableError(f"the column {name} holds what is no text: {error}") from error
    return values


def numbers(table: pa.Table, name: str) -> NDArray[np.float64]:
    """Return a column (n,) of numbers; NaN where one is missing.

    Raises:
        TableError: It is missing, or holds something else.
    """
    # The last digits of large integers are of no importance here.
    floats = _column(table, name, _is_number, "numbers").cast(pa.float64(), safe=False)
    found = np.empty(len(floats))
    begin = 0
    for chunk in floats.chunks:
        found[begin : begin + len(chunk)] = _values(chunk, found.dtype)
        begin += len(chunk)
    return found


def integers(table: pa.Table, name: str) -> NDArray[np.int64]:
    """Return a column (n,) of integers.

    Raises:
        TableError: It is missing, holds something else, or lacks one.
    """
    whole = _column(table, name, pa.types.is_integer, "integers")
    if whole.null_count:
        raise TableError(f"the column {name} lacks {counted(whole.null_count, 'value')}")
    try:
        whole = whole.cast(pa.int64())
    except pa.ArrowException as error:
        raise TableError(f"the column {name}: {error}") from error
    parts = [_values(chunk, np.dtype(np.int64)) for chunk in whole.chunks]
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)


def column(values: NDArray[Any]) -> pa.Array:
    """Return a column of numbers (n,) to write, with a value in each row."""
    # `pa.array` and `to_numpy` import pandas where there is one, which takes half a second.
    held = pa.py_buffer(np.ascontiguousarray(values))
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), [None, held])


def repeated(text: str, count: int) -> pa.Array:
    """Return a column to write that holds a text in each row."""
    data = text.encode()
    ends = pa.py_buffer(np.array([0, len(data)], dtype=np.int32))
    word = pa.Array.from_buffers(pa.string(), 1, [None, ends, pa.py_buffer(data)])
    return pa.DictionaryArray.from_arrays(column(np.zeros(count, dtype=np.int32)), word)


def texts(table: pa.Table, name: str) -> list[str | None]:
    """Return a column of texts; None where one is missing.

    Raises:
        TableError: It is missing, holds something else, or what is no text.
    """
    _column(table, name, _is_text, "text")
    return plain(table, name)


def _column(
    table: pa.Table, name: str, fits: Callable[[pa.DataType], bool], expected: str
) -> pa.ChunkedArray:
    if name not in table.column_names:
        raise TableError(f"the column {name} is missing")
    column = table[name]
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if not fits(kind) and not pa.types.is_null(kind):
        raise TableError(f"the column {name} holds {kind}, expected {expected}")
    return column


def _values(chunk: pa.Array, kind: np.dtype[Any]) -> NDArray[Any]:
    """Return the numbers of a piece of a column; NaN where one is missing."""
    if chunk.null_count == len(chunk):
        return np.full(len(chunk), np.nan).astype(kind)
    present, data = chunk.buffers()
    values = np.frombuffer(data, kind, len(chunk), chunk.offset * kind.itemsize)
    if chunk.null_count:
        bits = np.unpackbits(np.frombuffer(present, np.uint8), bitorder="little")
        here = bits[chunk.offset : chunk.offset + len(chunk)].astype(bool)
        values = np.where(here, values, np.nan)
    return values


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
