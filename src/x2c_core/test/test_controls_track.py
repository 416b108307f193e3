# SPDX-License-Identifier: Apache-2.0
import io
import re
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from x2c_core.control_space import controls
from x2c_core.control_space.controls_table import HEADER, ControlsTable
from x2c_core.control_space.controls_track import read_controls, there_and_back
from x2c_core.errors import TableError

START = 1_795_351_774_606_658_481


@pytest.fixture
def cells():
    """Return a header and three good rows, to be spoiled."""
    neutral = [f"{value:.6f}" for value in controls.NEUTRAL]
    return [list(HEADER), *([f"{10 + k / 30:.6f}", *neutral] for k in range(3))]


@pytest.fixture
def write(tmp_path):
    def written(rows):
        path = tmp_path / "controls.csv"
        path.write_text("".join(",".join(row) + "\n" for row in rows))
        return path

    return written


def test_what_a_table_holds_is_read_back(tmp_path):
    path = tmp_path / "controls.csv"
    table = ControlsTable(path)
    faces = [controls.MINIMUM, controls.NEUTRAL, controls.MAXIMUM]
    for k, values in enumerate(faces):
        table.write(START + k * 33_333_333, values)
    table.close()
    track = read_controls(path)
    np.testing.assert_allclose(track.times, [0.0, 0.033333333, 0.066666666], atol=1e-9)
    np.testing.assert_allclose(track.values, faces, atol=1e-6)
    assert (track.values >= controls.MINIMUM).all()
    assert (track.values <= controls.MAXIMUM).all()


def test_columns_may_come_in_any_order_with_a_byte_order_mark(cells, tmp_path):
    path = tmp_path / "controls.csv"
    turned = [",".join(reversed(row)) for row in cells]
    path.write_bytes("\r\n".join(turned).encode("utf-8-sig"))
    np.testing.assert_allclose(read_controls(path).values[0], controls.NEUTRAL, atol=1e-6)


@pytest.mark.parametrize(
    ("column", "text", "expected"),
    [
        ("Head Yaw", "20", "expected a value from -0.5236 to 0.5236 rad, got '20'"),
        ("Jaw Pitch", "1.2", "expected a value from 0 to 1, got '1.2'"),
        ("Nose Wrinkle", "nan", "expected a finite number, got 'nan'"),
        ("Nose Wrinkle", "-inf", "expected a finite number, got '-inf'"),
        ("Neck Roll", "", "expected a number, got ''"),
        ("Neck Roll", "0,1", "expected 31 cells, got 32"),
        ("stamp", "soon", "expected a number, got 'soon'"),
        ("stamp", "10.0", "expected a time after 10.033333"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(cells, write, column, text, expected):
    cells[3][HEADER.index(column)] = text
    path = write(cells)
    place = "" if "cells" in expected else f", column {column!r}"
    with pytest.raises(TableError, match=re.escape(f"{path}, row 4{place}: {expected}")):
        read_controls(path)


def test_missing_unknown_and_repeated_columns_are_named(cells, write):
    for name, said in (
        ("Left Ear", "columns missing: 'Nose Wrinkle'"),
        ("Jaw Yaw", "columns missing: 'Nose Wrinkle'"),
    ):
        rows = [list(row) for row in cells]
        rows[0][HEADER.index("Nose Wrinkle")] = name
        with pytest.raises(TableError, match=f"row 1: {said}"):
            read_controls(write(rows))
    for name, said in (("Left Ear", "unknown: 'Left Ear'"), ("stamp", "twice there: 'stamp'")):
        with pytest.raises(TableError, match=said):
            read_controls(write([[*cells[0], name], *([*row, "0"] for row in cells[1:])]))


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "is empty"), (b"\xff\xfe\x00\x80", "cannot read"), (b'stamp\n"\n', "columns missing")],
)
def test_files_that_are_no_tables_are_refused(tmp_path, content, said):
    path = tmp_path / "controls.csv"
    path.write_bytes(content)
    with pytest.raises(TableError, match=said):
        read_controls(path)


def test_a_table_without_rows_and_a_missing_file_are_refused(cells, write, tmp_path):
    with pytest.raises(TableError, match="no rows"):
        read_controls(write(cells[:1]))
    with pytest.raises(TableError, match=r"cannot read .*No such file"):
        read_controls(tmp_path / "none.csv")


@given(st.binary(max_size=300))
def test_any_file_is_read_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(content)
    with pytest.raises(TableError):
        read_controls(path)


@given(st.floats(-1.0, 9.0))
def test_values_between_rows_lie_between_them_or_hold(time):
    track = there_and_back(controls.MAXIMUM)
    for values in (track.at(time), track.last_before(time)):
        assert (values >= controls.NEUTRAL - 1e-12).all()
        assert (values <= controls.MAXIMUM + 1e-12).all()


def test_there_and_back_starts_and_ends_neutral():
    track = there_and_back(controls.MINIMUM)
    np.testing.assert_array_equal(track.values[[0, -1]], [controls.NEUTRAL] * 2)
    np.testing.assert_allclose(track.at(1.0), controls.MINIMUM)
    np.testing.assert_allclose(track.last_before(0.79), controls.NEUTRAL)


def test_a_row_takes_the_memory_of_its_numbers(cells, write):
    rows = [[f"{index}", *cells[1][1:]] for index in range(300)]
    path = write([cells[0], *rows])
    read_controls(path)
    tracemalloc.start()
    read_controls(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # Once while they are collected, and once as arrays; the rest is for reading.
    reading = 90_000 + io.DEFAULT_BUFFER_SIZE
    assert peak < 2.5 * len(rows) * (1 + controls.COUNT) * 8 + reading


@pytest.mark.parametrize("stamp", ["1e999999", "-1e99", "4294967297"])
def test_a_stamp_beyond_any_time_is_refused(cells, write, stamp):
    cells[1][0] = stamp
    with pytest.raises(TableError, match=f"expected a time within 4294967296 s .*got '{stamp}'"):
        read_controls(write(cells))


def test_a_header_of_very_many_columns_is_refused_in_a_short_text(write):
    with pytest.raises(TableError, match="columns missing: ") as refusal:
        read_controls(write([[f"column {k % 20_000}" for k in range(40_000)]]))
    assert len(str(refusal.value)) < 1000


def test_a_table_above_the_limit_is_refused(cells, write, monkeypatch):
    monkeypatch.setenv("X2C_MAX_CSV_BYTES", "100")
    with pytest.raises(TableError, match=r"controls\.csv has \d+ bytes; the limit is 100: "):
        read_controls(write(cells))
