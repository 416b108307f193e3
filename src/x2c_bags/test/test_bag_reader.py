# SPDX-License-Identifier: Apache-2.0
import dataclasses
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rosbags.rosbag2 import StoragePlugin

from x2c_bags.errors import BagError
from x2c_bags.frames.recorded_run import read_recorded_run
from x2c_bags.reading.bag_reader import BagReader
from x2c_bags.schema.topics import TOPICS, Part


def records(folder):
    return list(BagReader(folder).messages_of(tuple(Part)))


def test_a_whole_bag_has_no_issues(tmp_path, make_bag):
    reader = BagReader(make_bag(tmp_path / "bag", frames=5))
    assert reader.issues == []
    assert reader.clock == "publication"
    assert reader.counts["/face"] == 5
    assert reader.counts["/face/neutral"] == 1
    assert set(reader.parts.values()) == {one.part for one in TOPICS if not one.shared_face}


def test_a_bag_that_was_not_finished_is_read_to_its_last_message(tmp_path, make_bag):
    whole = records(make_bag(tmp_path / "whole", frames=20))
    reader = BagReader(make_bag(tmp_path / "killed", frames=20, finish=False))
    assert list(reader.messages_of(tuple(Part))) == whole
    assert any("metadata.yaml is missing" in issue for issue in reader.issues)
    assert any("killed_0.mcap breaks off" in issue for issue in reader.issues)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(share=st.floats(0.0, 1.0), damage=st.binary(max_size=40))
def test_a_truncated_or_damaged_bag_gives_what_comes_before(make_bag, share, damage):
    with tempfile.TemporaryDirectory() as folder:
        bag = make_bag(Path(folder) / "bag", frames=2)
        whole = records(bag)
        file = bag / "bag_0.mcap"
        data = file.read_bytes()
        cut = data[: int(share * len(data))]
        file.write_bytes(cut + damage)
        try:
            reader = BagReader(bag)
        except BagError:
            # Not even its first bytes are there.
            assert len(cut) < 8
            return
        read = list(reader.messages_of(tuple(Part)))
        assert read == whole[: len(read)]
        assert len(read) == len(whole) or reader.issues
        read_recorded_run(reader)


@pytest.mark.parametrize("finish", [True, False], ids=["whole", "killed"])
def test_one_file_of_a_bag_says_what_its_times_are(tmp_path, make_bag, finish):
    folder = make_bag(tmp_path / "bag", frames=5, clock="simulated", finish=finish)
    reader = BagReader(folder / "bag_0.mcap")
    assert reader.clock == "simulated"
    assert reader.says_parts
    assert read_recorded_run(reader).clock == "simulated"


def test_what_a_file_says_of_itself_counts_where_the_metadata_were_made_anew(tmp_path, make_bag):
    folder = make_bag(tmp_path / "bag", frames=5, clock="simulated")
    file = folder / "metadata.yaml"
    whole = yaml.safe_load(file.read_text(encoding="utf-8"))
    whole["rosbag2_bagfile_information"]["custom_data"] = {}
    file.write_text(yaml.safe_dump(whole), encoding="utf-8")
    assert BagReader(folder).clock == "simulated"


@pytest.mark.parametrize("wrapped", [True, False])
@pytest.mark.parametrize("custom", ["{x2c_clock: simulated}", "none", "[x2c_clock]"])
def test_metadata_in_a_database_are_understood_too(tmp_path, write_bag, grey, wrapped, custom):
    folder = write_bag(
        tmp_path / "bag", {"/image_raw": [grey(9)]}, plugin=StoragePlugin.SQLITE3, version=8
    )
    (file,) = folder.glob("*.db3")
    text = f"custom_data: {custom}"
    text = f"rosbag2_bagfile_information: {{{text}}}" if wrapped else text
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("INSERT INTO metadata (metadata_version, metadata) VALUES (8, ?)", [text])
    assert BagReader(file).clock == ("simulated" if "{" in custom else "")


def test_no_bag_is_said_to_be_none(tmp_path):
    with pytest.raises(BagError, match=r"no bag at .*nowhere"):
        BagReader(tmp_path / "nowhere")


@pytest.mark.parametrize("text", ["", "a: [", "- 1", "rosbag2_bagfile_information: 3"])
def test_metadata_that_cannot_be_read_is_an_issue(tmp_path, make_bag, text):
    folder = make_bag(tmp_path / "bag", frames=2)
    (folder / "metadata.yaml").write_text(text, encoding="utf-8")
    reader = BagReader(folder)
    assert any("metadata.yaml cannot be read" in issue for issue in reader.issues)
    assert reader.counts["/face"] == 2


def test_a_message_that_is_not_of_its_type_is_refused(tmp_path, make_bag):
    reader = BagReader(make_bag(tmp_path / "bag", frames=1))
    (record,) = reader.messages_of((Part.FACE,))
    broken = dataclasses.replace(record, data=record.data[:40])
    with pytest.raises(BagError, match="a message is no x2c_msgs/msg/FaceLandmarks"):
        reader.decode(broken)
