# SPDX-License-Identifier: Apache-2.0
"""Columns of numbers and texts: what is written is read, pieces, gaps and all."""

import os
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from x2c_core.errors import TableError
from x2c_datasets.formats.parquet_columns import (
    column,
    integers,
    numbers,
    read_columns,
    repeated,
    texts,
)

NUMBERS = pa.chunked_array([[1.5, None, 3.0], [], [None, None], [4.0]])


@pytest.mark.parametrize("piece", [slice(0, 6), slice(1, 6), slice(2, 4), slice(3, 5)])
def test_numbers_of_any_piece_have_gaps_where_they_are_missing(piece):
    expected = np.array([1.5, np.nan, 3.0, np.nan, np.nan, 4.0])[piece]
    table = pa.table({"it": NUMBERS[piece]})
    np.testing.assert_array_equal(numbers(table, "it"), expected)
    table = pa.table({"it": NUMBERS.combine_chunks()[piece]})
    np.testing.assert_array_equal(numbers(table, "it"), expected)


def test_integers_keep_their_digits_and_may_not_be_missing():
    large = [2**62 + 1, -5, 7]
    table = pa.table({"it": pa.chunked_array([large[:1], large[1:]]), "gap": [1, None, 2]})
    assert integers(table, "it").tolist() == large
    assert integers(table[1:], "it").tolist() == large[1:]
    assert integers(table[:0], "it").tolist() == []
    assert numbers(table[:0], "it").tolist() == []
    assert numbers(table, "gap").tolist()[::2] == [1.0, 2.0]
    with pytest.raises(TableError, match="lacks 1 value"):
        integers(table, "gap")


def test_columns_are_those_that_pyarrow_makes(tmp_path):
    values = np.arange(12.0).reshape(6, 2)[:, 1]
    made = {"word": repeated("é", 6), "number": column(values.astype(np.float32))}
    usual = {
        "word": pa.array(["é"] * 6).dictionary_encode(),
        "number": pa.array(values.astype(np.float32)),
    }
    assert pa.table(made).equals(pa.table(usual))
    pq.write_table(pa.table(made), tmp_path / "made")
    pq.write_table(pa.table(usual), tmp_path / "usual")
    assert (tmp_path / "made").read_bytes() == (tmp_path / "usual").read_bytes()
    table = read_columns(tmp_path / "made")
    assert texts(table, "word") == ["é"] * 6
    assert numbers(table, "number").tolist() == values.tolist()


@pytest.mark.process
def test_neither_writing_nor_reading_imports_pandas(tmp_path):
    (tmp_path / "pandas.py").write_text("")
    program = (
        "import sys, numpy as np, pyarrow as pa\n"
        "from x2c_datasets.formats import parquet_columns as columns\n"
        "made = {'a': columns.column(np.ones(3)), 'b': columns.repeated('x', 3)}\n"
        "columns.numbers(pa.table(made), 'a')\n"
        "columns.integers(pa.table({'a': columns.column(np.arange(3))}), 'a')\n"
        "print('pandas' in sys.modules)"
    )
    paths = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
    done = subprocess.run(
        [sys.executable, "-P", "-c", program],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=True,
        timeout=400,
    )
    assert done.stdout.strip() == "False"
