# SPDX-License-Identifier: Apache-2.0
import shutil
import sqlite3

import numpy as np
import pytest
import zstandard
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

from x2c_bags.errors import BagError
from x2c_bags.frames.recorded_run import read_recorded_run
from x2c_bags.reading.bag_reader import BagReader
from x2c_bags.schema.topics import Part
from x2c_core.control_space import controls

START = 1_700_000_000_000_000_000
PERIOD = 33_333_333


@pytest.fixture
def control_bag(writers):
    def make(folder, count=20, **how):
        values = [
            (START + n * PERIOD, writers.values(controls.NEUTRAL + n * 1e-3, START + n * PERIOD))
            for n in range(count)
        ]
        return writers.write(folder, {"/control_values": values}, **how)

    return make


def check(reader, count=20):
    recorded_run = read_recorded_run(reader)
    assert len(recorded_run.controls) == count
    expected = (controls.NEUTRAL + 1e-3).astype(np.float32)
    np.testing.assert_array_equal(recorded_run.controls[1].astype(np.float32), expected)
    assert recorded_run.streams[Part.CONTROLS].stamps[1] == START + PERIOD


@pytest.mark.parametrize("version", [8, 9], ids=["jazzy", "kilted"])
@pytest.mark.parametrize("storage", ["mcap", "sqlite3"])
def test_every_form_of_a_bag_is_read(tmp_path, control_bag, storage, version):
    reader = BagReader(control_bag(tmp_path / "bag", storage=storage, version=version))
    check(reader)
    assert reader.issues == []


def test_a_bag_of_humble_without_definitions_is_read(tmp_path, control_bag):
    reader = BagReader(control_bag(tmp_path / "bag", storage="sqlite3", version=8, humble=True))
    (first, *_) = reader.messages(["/control_values"])
    assert first.channel.definitions == ()
    check(reader)
    assert reader.issues == []


@pytest.mark.parametrize("compression", ["file", "message"])
@pytest.mark.parametrize("storage", ["mcap", "sqlite3"])
def test_packed_bags_are_read(tmp_path, control_bag, storage, compression):
    bag = control_bag(tmp_path / "bag", storage=storage, compression=compression)
    check(BagReader(bag))


@pytest.mark.parametrize("storage", ["mcap", "sqlite3"])
def test_a_bare_file_is_a_bag(tmp_path, control_bag, storage):
    bag = control_bag(tmp_path / "bag", storage=storage)
    file = next(one for one in bag.iterdir() if one.suffix in (".mcap", ".db3"))
    alone = tmp_path / file.name
    shutil.copy(file, alone)
    reader = BagReader(alone)
    check(reader)
    assert reader.issues == []


def test_a_wrong_ending_is_noted_and_read(tmp_path, control_bag):
    bag = control_bag(tmp_path / "bag", storage="sqlite3")
    wrong = tmp_path / "really.mcap"
    shutil.copy(next(bag.glob("*.db3")), wrong)
    reader = BagReader(wrong)
    check(reader)
    (issue,) = reader.found
    assert "sqlite3 form" in issue.text
    assert not issue.loss


def test_the_files_of_a_split_bag_are_read_in_order(tmp_path, control_bag):
    folder = tmp_path / "split"
    folder.mkdir()
    for number in (10, 2, 1):
        part = control_bag(tmp_path / f"part_{number}", count=number)
        shutil.copy(next(part.glob("*.mcap")), folder / f"split_{number}.mcap")

    assert [one.name for one in BagReader(folder).file_paths] == [
        f"split_{number}.mcap" for number in (1, 2, 10)
    ]
    reader = BagReader(folder)
    assert reader.counts["/control_values"] == 13
    assert [str(one) for one in reader.found] == [
        "metadata.yaml is missing: the bag was not finished"
    ]


def test_a_file_that_is_missing_of_a_split_bag_is_a_loss(tmp_path, control_bag):
    bag = control_bag(tmp_path / "bag")
    metadata = bag / "metadata.yaml"
    text = metadata.read_text(encoding="utf-8")
    name = next(bag.glob("*.mcap")).name
    assert f"- {name}" in text
    metadata.write_text(text.replace(f"- {name}", f"- {name}\n  - gone_1.mcap", 1), "utf-8")
    reader = BagReader(bag)
    check(reader)
    assert [one.text for one in reader.found if one.loss] == [
        "gone_1.mcap is missing, which metadata.yaml names"
    ]


def test_renamed_files_are_found_all_the_same(tmp_path, control_bag):
    bag = control_bag(tmp_path / "bag")
    file = next(bag.glob("*.mcap"))
    file.rename(bag / "other.mcap")
    reader = BagReader(bag)
    check(reader)
    assert [one.loss for one in reader.found] == [False]


def test_the_folder_of_a_run_is_its_bag(tmp_path, control_bag):
    control_bag(tmp_path / "run" / "bag")
    check(BagReader(tmp_path / "run"))


def test_a_sqlite_bag_that_was_cut_off_gives_what_is_left(tmp_path, control_bag):
    bag = control_bag(tmp_path / "bag", count=400, storage="sqlite3")
    file = next(bag.glob("*.db3"))
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2])
    reader = BagReader(bag)
    found = list(reader.messages(["/control_values"]))
    assert 0 < len(found) < 400
    whole = control_bag(tmp_path / "whole", count=400, storage="sqlite3")
    every = {one.time: one.data for one in BagReader(whole).messages(["/control_values"])}
    assert all(every[one.time] == one.data for one in found)
    assert any(one.loss and "cut off" in one.text for one in reader.found)


def test_a_damaged_chunk_is_passed_over(tmp_path, writers):
    values = [
        (START + n * PERIOD, writers.values(np.full(30, n), START + n * PERIOD))
        for n in range(20_000)
    ]
    bag = writers.write(tmp_path / "bag", {"/control_values": values}, compression="storage")
    file = next(bag.glob("*.mcap"))
    data = bytearray(file.read_bytes())
    place = len(data) // 3
    data[place : place + 10] = b"\xff" * 10
    file.write_bytes(data)
    reader = BagReader(bag)
    found = list(reader.messages(["/control_values"]))
    assert 0 < len(found) < 20_000
    assert found[-1].time == values[-1][0]
    assert any("was passed over" in str(one) for one in reader.found)


@pytest.mark.parametrize("ending", [".mcap", ".db3", ".bin"])
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", r"empty \(0 bytes\)"),
        (b"#ROSBAG V2.0\n", "bag of ROS 1"),
        (b"RIFF....AVI and so on", "begins like neither"),
        (b"version https://git-lfs.github.com/spec/v1\nsize 9\n", "it is a Git LFS pointer"),
        (b"SQLite format 3\x00" + bytes(100), "no bag that can be read"),
    ],
)
def test_what_is_no_bag_is_refused_with_the_reason(tmp_path, content, reason, ending):
    file = tmp_path / f"thing{ending}"
    file.write_bytes(content)
    with pytest.raises(BagError, match=reason):
        BagReader(file)


def test_a_packed_file_that_was_cut_off_gives_what_is_left(tmp_path, control_bag):
    bag = control_bag(tmp_path / "bag", count=3000)
    file = next(bag.glob("*.mcap"))
    packed = zstandard.ZstdCompressor().compress(file.read_bytes())
    alone = tmp_path / "cut.mcap.zstd"
    alone.write_bytes(packed[: len(packed) * 9 // 10])
    reader = BagReader(alone)
    list(reader.messages(["/control_values"]))
    assert any(one.loss for one in reader.found)


OLDER = """std_msgs/Header header
float64[30] values
string mood
================================================================================
MSG: std_msgs/Header
builtin_interfaces/Time stamp
string frame_id
================================================================================
MSG: builtin_interfaces/Time
int32 sec
uint32 nanosec
"""


def other_version(writers, folder, text, fields):
    kind = "x2c_msgs/msg/ControlValues"
    store = get_typestore(Stores.EMPTY)
    store.register(get_types_from_msg(text, kind))
    header = store.types["std_msgs/msg/Header"](
        stamp=store.types["builtin_interfaces/msg/Time"](sec=5, nanosec=0), frame_id=""
    )
    message = store.types[kind](header=header, **fields)
    before, writers.store = writers.store, store
    try:
        return writers.write(folder, {"/control_values": [(START, (kind, message))]})
    finally:
        writers.store = before


def test_another_version_of_our_message_is_mapped_where_it_can_be(tmp_path, writers):
    bag = other_version(
        writers, tmp_path / "bag", OLDER, {"values": controls.NEUTRAL.copy(), "mood": "fine"}
    )
    reader = BagReader(bag)
    recorded_run = read_recorded_run(reader)
    np.testing.assert_array_equal(recorded_run.controls, [controls.NEUTRAL])
    assert recorded_run.control_states.tolist() == [1]
    (issue,) = reader.found
    assert not issue.loss
    assert "another version of x2c_msgs/msg/ControlValues" in issue.text
    assert "state is taken to be 1" in issue.text


def test_a_version_that_lacks_what_is_needed_is_skipped_with_a_count(tmp_path, writers):
    text = OLDER.replace("float64[30] values", "float64[30] angles")
    bag = other_version(
        writers, tmp_path / "bag", text, {"angles": controls.NEUTRAL.copy(), "mood": ""}
    )
    recorded_run = read_recorded_run(BagReader(bag))
    assert not len(recorded_run.controls)
    assert any("1 message " in one and "no field values" in one for one in recorded_run.issues)


def test_a_type_that_nobody_knows_is_said_to_be_unknown(tmp_path, control_bag):
    bag = control_bag(tmp_path / "bag", storage="sqlite3")
    database = sqlite3.connect(next(bag.glob("*.db3")))
    database.execute("UPDATE topics SET type = 'nobody_msgs/msg/Thing'")
    database.commit()
    database.close()
    reader = BagReader(bag)
    assert list(reader.messages(["/control_values"])) == []
    assert any("20 messages" in one and "nobody_msgs" in one for one in reader.issues)
