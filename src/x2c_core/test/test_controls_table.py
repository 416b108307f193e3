# SPDX-License-Identifier: Apache-2.0
import csv
import tempfile
from decimal import Decimal
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from x2c_core.control_space import controls
from x2c_core.control_space.controls_table import FILE_NAME, HEADER, ControlsTable

NUMBERS = st.floats(-10.0, 10.0, width=32)


@settings(deadline=None)
@given(
    stamp=st.integers(0, 2**31 * 10**9),
    values=arrays(np.float32, controls.COUNT, elements=NUMBERS),
)
def test_stamps_and_values_read_back_as_they_were(stamp, values):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / FILE_NAME
        table = ControlsTable(path)
        table.write(stamp, values)
        table.close()
        with path.open(newline="", encoding="utf-8") as file:
            header, row = csv.reader(file)
    assert tuple(header) == HEADER == ("stamp", *controls.NAMES)
    assert Decimal(row[0]) * 10**9 == stamp
    assert len(row[0].partition(".")[2]) == 9
    np.testing.assert_array_equal(np.array(row[1:], dtype=np.float32), values)


def test_flushed_rows_are_on_the_disk(tmp_path):
    table = ControlsTable(tmp_path / FILE_NAME)
    table.write(1, controls.NEUTRAL)
    table.flush()
    assert len((tmp_path / FILE_NAME).read_text(encoding="utf-8").splitlines()) == 2
    table.close()


def test_an_earlier_table_is_replaced(tmp_path):
    path = tmp_path / FILE_NAME
    path.write_text("old", encoding="utf-8")
    ControlsTable(path).close()
    assert path.read_text(encoding="utf-8").startswith("stamp,Brow Inner Left,")
