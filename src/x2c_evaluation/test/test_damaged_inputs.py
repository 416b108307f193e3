# SPDX-License-Identifier: Apache-2.0
"""Inputs changed at random places, the same ones in each run: nothing but our own errors."""

import copy
import io
import json
import os
import random
import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rosbags.rosbag2 import StoragePlugin

from x2c_bags.frames.bag_frames import BagFrames
from x2c_bags.frames.recorded_run import read_recorded_run
from x2c_bags.frames.topic_choice import choices
from x2c_bags.reading.bag_reader import BagReader
from x2c_core.control_space import controls
from x2c_core.control_space.controls_track import read_controls
from x2c_core.errors import X2CError
from x2c_core.face.descriptors import Descriptor
from x2c_datasets.formats import read_data_set
from x2c_datasets.formats.parquet_columns import integers, numbers, read_columns, texts
from x2c_evaluation.offline.results.comparison import compare
from x2c_evaluation.offline.results.layout import FORMAT
from x2c_evaluation.pipeline.frame_curves import read_curves
from x2c_evaluation.run_report.frame_sets import frame_sets

pytestmark = pytest.mark.slow

ROUNDS = 40
ODD = (None, True, -1, 10**30, 1.5, float("nan"), "", "text", "a\0b", [], [[1]], {}, {"a": 1})


def changed_bytes(data, rng):
    """Return bytes of which a few are others, gone, or there twice."""
    data = bytearray(data)
    for _ in range(rng.choice((1, 1, 3, 10))):
        place = rng.randrange(len(data) + 1)
        other = rng.randrange(len(data) + 1)
        kind = rng.randrange(4)
        if kind == 0:
            data[place : place + 1] = rng.randbytes(1)
        elif kind == 1:
            del data[place : place + rng.randrange(1, 60)]
        elif kind == 2:
            data[place:place] = data[other : other + 20]
        else:
            data[place : place + 8] = rng.choice((b"\xff" * 8, bytes(8)))
    return bytes(data[: rng.randrange(1, len(data) + 2)] if rng.random() < 0.2 else data)


def changed_tree(tree, rng):
    """Return nested lists and mappings of which one part is another, gone, or of another type."""
    tree = copy.deepcopy(tree)
    places = []
    pending = [tree]
    while pending:
        one = pending.pop()
        for key in list(one) if isinstance(one, dict) else range(len(one)):
            places.append((one, key))
            if isinstance(one[key], dict | list):
                pending.append(one[key])
    one, key = rng.choice(places)
    if rng.random() < 0.2:
        del one[key]
    else:
        one[key] = copy.deepcopy(rng.choice(ODD))
    return tree


def columns(count):
    """Return columns of other types than are expected anywhere."""
    of = {
        "integers": list(range(count)),
        "nothing": [None] * count,
        "bytes": [b"\xff"] * count,
        "lists": [[1]] * count,
        "mappings": [{"a": 1}] * count,
        "texts": ["x"] * count,
        "truths": [True] * count,
        "gaps": [None, 1.5, float("nan")][:count],
        "large": [2**63 - 1] * count,
        "nul": ["a\0b"] * count,
    }
    return {
        **{name: pa.array(one) for name, one in of.items()},
        "times": pa.array([0] * count, pa.timestamp("ns")),
    }


def use_bag(path):
    reader = BagReader(path)
    read_recorded_run(reader)
    list(frame_sets(reader))
    for topic in choices(reader):
        source = BagFrames(reader, topic.name, with_neutral=True)
        list(source.frames())
    json.dumps(reader.issues)


def tried(run, *arguments):
    """Run something; nothing but an error of ours may come out of it."""
    with suppress(X2CError):
        run(*arguments)


@pytest.mark.parametrize("storage", ["mcap", "sqlite3"])
def test_a_damaged_bag_raises_nothing_of_others(tmp_path, make_bag, write_bag, grey, storage):
    if storage == "mcap":
        whole = make_bag(tmp_path / "bag", frames=2, sizes=((32, 24),)) / "bag_0.mcap"
    else:
        topics = {"/camera/image_raw": [grey(9, 32, 24)] * 2}
        folder = write_bag(tmp_path / "bag", topics, plugin=StoragePlugin.SQLITE3)
        (whole,) = folder.glob("*.db3")
    data = whole.read_bytes()
    for seed in range(ROUNDS):
        path = tmp_path / f"{seed}{whole.suffix}"
        path.write_bytes(changed_bytes(data, random.Random(seed)))
        tried(use_bag, path)


@pytest.mark.parametrize("table", ["topics", "messages", "message_definitions", "metadata"])
def test_odd_values_in_a_database_raise_nothing_of_others(tmp_path, write_bag, grey, table):
    topics = {"/camera/image_raw": [grey(9, 32, 24)] * 2}
    folder = write_bag(tmp_path / "bag", topics, plugin=StoragePlugin.SQLITE3)
    (whole,) = folder.glob("*.db3")
    with closing(sqlite3.connect(whole)) as base:
        names = [row[1] for row in base.execute(f"PRAGMA table_info({table})")]
    for name in names:
        for number, value in enumerate((None, "text", b"\xff\0", -1, 2**62, 1.5, "")):
            path = tmp_path / f"{name}_{number}.db3"
            shutil.copy(whole, path)
            with closing(sqlite3.connect(path)) as base, base, suppress(sqlite3.Error):
                base.execute(f"UPDATE {table} SET {name} = ? WHERE rowid = 1", [value])
            tried(use_bag, path)


@pytest.fixture
def data_set(tmp_path):
    """Return a function that makes a data set of a table, and the table that it should have."""
    table = pa.table(
        {
            "file_name": [f"{index}.jpg" for index in range(3)],
            "animation_id": ["a000001"] * 3,
            "split": ["test"] * 3,
            **{one.name: [one.neutral] * 3 for one in controls.CONTROLS},
            "landmarks": [np.zeros((478, 3)).tolist()] * 3,
            "projection": [np.eye(4)[:3].tolist()] * 3,
        }
    )
    folder = tmp_path / "test"
    folder.mkdir()
    for index in range(3):
        (folder / f"{index}.jpg").write_bytes(b"picture")

    def make(content):
        pq.write_table(content, folder / "metadata.parquet")
        return read_data_set(tmp_path, landmarks=True)

    return make, table


def test_columns_of_other_types_are_a_sentence(data_set):
    make, table = data_set
    assert len(make(table).pairs) == 3
    for place, name in enumerate(table.column_names):
        # One control is like another.
        for column in columns(3).values() if name not in controls.NAMES[1:] else ():
            tried(make, table.set_column(place, name, column))


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("file_name", "integers", "the column file_name holds int64, expected text"),
        ("file_name", "lists", "the column file_name holds list<.*>, expected text"),
        ("file_name", "nul", "is not inside of"),
        ("split", "integers", "the column split holds int64, expected text"),
        ("jaw_pitch", "texts", "the column jaw_pitch holds string, expected numbers"),
        ("jaw_pitch", "times", r"the column jaw_pitch holds timestamp\[ns\], expected numbers"),
    ],
)
def test_a_column_of_another_type_is_named(data_set, name, kind, expected):
    make, table = data_set
    name = controls.NAMES[0] if name == "jaw_pitch" else name
    expected = expected.replace("jaw_pitch", name)
    place = table.column_names.index(name)
    with pytest.raises(X2CError, match=expected):
        make(table.set_column(place, name, columns(3)[kind]))


@pytest.mark.parametrize("name", ["file_name", "animation_id", "split"])
@pytest.mark.parametrize("encoded", [False, True])
def test_a_text_that_is_no_utf8_is_named(data_set, name, encoded):
    make, table = data_set
    column = pa.array([b"\xff"] * 3).view(pa.string())
    if encoded:
        column = column.dictionary_encode()
    place = table.column_names.index(name)
    with pytest.raises(X2CError, match=f"the column {name} holds what is no text"):
        make(table.set_column(place, name, column))


def test_a_column_that_is_there_twice_is_named(tmp_path):
    column = pa.array([1])
    pq.write_table(
        pa.Table.from_arrays([column, column], names=["a", "a"]), tmp_path / "a.parquet"
    )
    with pytest.raises(X2CError, match="the columns a are there twice"):
        read_columns(tmp_path / "a.parquet")


def test_columns_that_fit_are_read():
    table = pa.table(
        {"n": [1, 2], "x": [0.5, None], "t": pa.array(["a", None]).dictionary_encode()}
    )
    assert integers(table, "n").tolist() == [1, 2]
    np.testing.assert_array_equal(numbers(table, "x"), [0.5, np.nan])
    assert texts(table, "t") == ["a", None]
    with pytest.raises(X2CError, match="the column gone is missing"):
        numbers(table, "gone")


def test_a_damaged_table_of_frames_raises_nothing_of_others(tmp_path):
    names = ("frame", "stamp", "face_state", "person", "control_state")
    content = {name: [0, 1, 2] for name in names}
    for name in (
        "confidence",
        "eye_distance",
        *(one.value for one in Descriptor),
        *controls.NAMES,
    ):
        content[name] = [0.5] * 3
    table = pa.table(content)
    path = tmp_path / "a.parquet"
    for place, name in enumerate(table.column_names[:8]):
        for column in columns(3).values():
            pq.write_table(table.set_column(place, name, column), path)
            tried(read_curves, path)
    target = io.BytesIO()
    pq.write_table(table, target)
    for seed in range(ROUNDS):
        path.write_bytes(changed_bytes(target.getvalue(), random.Random(seed)))
        tried(read_curves, path)


def test_a_damaged_report_raises_nothing_of_others(tmp_path):
    stored = Path(__file__).parent / "offline/data/result_with_fidelity.json"
    result = json.loads(stored.read_text(encoding="utf-8"))
    report = {
        "format": FORMAT,
        "settings": result.pop("settings"),
        "versions": {"x2c": "1"},
        "summary": {"error": 0.1},
        "recordings": [{"metrics": {"error": 0.1}, **result}],
    }
    path = tmp_path / "report.json"
    path.write_text(json.dumps(report), encoding="utf-8")
    assert compare(tmp_path, tmp_path).common == ["bag"]
    for seed in range(4 * ROUNDS):
        path.write_text(json.dumps(changed_tree(report, random.Random(seed))), encoding="utf-8")
        tried(lambda: compare(tmp_path, tmp_path).common)


def test_a_damaged_table_of_controls_raises_nothing_of_others(tmp_path):
    rows = [("stamp", *controls.NAMES), *((index, *controls.NEUTRAL) for index in range(3))]
    data = "\n".join(",".join(map(str, row)) for row in rows).encode()
    path = tmp_path / "controls.csv"
    for seed in range(ROUNDS):
        path.write_bytes(changed_bytes(data, random.Random(seed)))
        tried(read_controls, path)


@pytest.mark.parametrize("storage", [StoragePlugin.MCAP, StoragePlugin.SQLITE3])
def test_a_bag_whose_name_is_no_text_is_read(tmp_path, write_bag, grey, storage):
    folder = tmp_path / os.fsdecode(b"bag\xff")
    topics = {"/camera/image_raw": [grey(9, 32, 24)]}
    write_bag(tmp_path / "bag", topics, plugin=storage).rename(folder)
    for file in folder.glob("bag*"):
        file.rename(folder / os.fsdecode(b"\xfe" + os.fsencode(file.name)))
    reader = BagReader(folder)
    assert len(list(reader.messages(["/camera/image_raw"]))) == 1


def test_a_table_whose_name_is_no_text_is_read(tmp_path):
    path = tmp_path / os.fsdecode(b"\xff.parquet")
    target = io.BytesIO()
    pq.write_table(pa.table({"n": [1]}), target)
    path.write_bytes(target.getvalue())
    assert integers(read_columns(path), "n").tolist() == [1]
