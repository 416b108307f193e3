# SPDX-License-Identifier: Apache-2.0
"""Bags that have lost records, or hold too many: what is left is read, what is not is reported."""

import errno
import shutil
import sqlite3
from collections import namedtuple
from contextlib import closing
from urllib.parse import quote

import pytest
import zstandard
from mcap.writer import Writer
from rosbags.rosbag2 import StoragePlugin

from x2c_bags.errors import BagError
from x2c_bags.reading import opening, sqlite_guard
from x2c_bags.reading.bag_reader import BagReader
from x2c_core.files.input_limits import GIB

SMALL = b"\0\1\0\0\x60\0\0\0" + b"a" * 95 + b"\0"
LARGE = SMALL + bytes(range(256)) * 20
DEFINITION = b"string data\n"
Disk = namedtuple("Disk", "total used free")


def write(path, contents, definition=DEFINITION, **how):
    """Write messages of /text, each in a chunk of its own; the first chunk names the topic."""
    with path.open("wb") as file:
        writer = Writer(file, chunk_size=1, **how)
        writer.start(profile="ros2", library="test")
        schema = writer.register_schema("std_msgs/msg/String", "ros2msg", definition)
        channel = writer.register_channel("/text", "cdr", schema)
        for time, content in enumerate(contents):
            writer.add_message(channel, time, content, time)
        writer.finish()
    return path


def read(path):
    reader = BagReader(path)
    return [one.time for one in reader.messages(["/text"])], reader.issues


def damaged(path):
    data = bytearray(path.read_bytes())
    data[data.index(b"zstd") + 30] ^= 255
    path.write_bytes(data)
    return path


def test_a_topic_of_a_damaged_chunk_is_read_on_by_the_index(tmp_path):
    times, issues = read(damaged(write(tmp_path / "a.mcap", [SMALL] * 3)))
    assert times == [1, 2]
    (issue,) = issues
    assert "is damaged" in issue


def test_a_topic_of_a_chunk_above_the_limit_is_read_on_by_the_index(tmp_path, monkeypatch):
    monkeypatch.setenv("X2C_MAX_RECORD_BYTES", "1000")
    times, issues = read(write(tmp_path / "a.mcap", [LARGE, SMALL, SMALL]))
    assert times == [1, 2]
    (issue,) = issues
    assert "the limit is 1000" in issue


def test_channels_of_a_summary_without_counts_are_known(tmp_path):
    file = write(tmp_path / "a.mcap", [SMALL] * 3, use_statistics=False)
    reader = BagReader(damaged(file))
    assert reader.counts == {"/text": 2}
    assert [one.time for one in reader.messages(["/text"])] == [1, 2]


def test_messages_whose_topic_no_record_names_are_counted(tmp_path):
    file = write(tmp_path / "a.mcap", [SMALL] * 3, repeat_channels=False)
    times, issues = read(damaged(file))
    assert times == []
    assert [issue for issue in issues if "2 messages were passed over: the records" in issue]


@pytest.mark.parametrize("how", [{}, {"repeat_schemas": False, "use_statistics": False}])
def test_definitions_above_the_limit_are_left_out_alone(tmp_path, monkeypatch, how):
    monkeypatch.setenv("X2C_MAX_RECORD_BYTES", "1000")
    contents = [SMALL] * 2
    how = {**how, "use_chunking": False}
    write(tmp_path / "a_0.mcap", contents, DEFINITION + b"#" * 1000, **how)
    write(tmp_path / "a_1.mcap", contents, **how)
    reader = BagReader(tmp_path)
    messages = list(reader.messages(["/text"]))
    assert [one.time for one in messages] == [0, 1, 0, 1]
    assert reader.decode(messages[0]).data == "a" * 95
    (issue,) = [issue for issue in reader.issues if "definitions of its types" in issue]
    assert "a_0.mcap: the definitions of its types have 1012 bytes; the limit is 1000" in issue


@pytest.fixture
def database(tmp_path, write_bag, grey):
    """A bag in sqlite3 form with two small images."""
    topics = {"/camera/image_raw": [grey(9, 4, 4)] * 2}
    folder = write_bag(tmp_path / "bag", topics, plugin=StoragePlugin.SQLITE3)
    (file,) = folder.glob("*.db3")
    return file


def test_definitions_of_a_database_above_the_limit_are_reported(database, monkeypatch):
    monkeypatch.setenv("X2C_MAX_RECORD_BYTES", "1000")
    reader = BagReader(database)
    assert len(list(reader.messages(["/camera/image_raw"]))) == 2
    (issue,) = [issue for issue in reader.issues if "definitions of its types have" in issue]
    assert "the limit is 1000" in issue


@pytest.fixture
def unfinished(tmp_path):
    """A database whose recorder has not ended: its messages are in the journal alone."""
    file = tmp_path / "a.db3"
    with closing(sqlite3.connect(file)) as made:
        made.execute("PRAGMA journal_mode = WAL")
        made.execute("PRAGMA wal_autocheckpoint = 0")
        made.execute(
            "CREATE TABLE topics(id INTEGER PRIMARY KEY, name TEXT, type TEXT, "
            "serialization_format TEXT, offered_qos_profiles TEXT)"
        )
        made.execute(
            "CREATE TABLE messages(id INTEGER PRIMARY KEY, topic_id INTEGER, timestamp INTEGER, "
            "data BLOB)"
        )
        made.execute("INSERT INTO topics VALUES (1, '/text', 'std_msgs/msg/String', 'cdr', '')")
        made.commit()
        made.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        rows = ((1, time, SMALL) for time in range(5000))
        made.executemany("INSERT INTO messages VALUES (NULL, ?, ?, ?)", rows)
        made.commit()
        copy = tmp_path / "left"
        copy.mkdir()
        for one in tmp_path.glob("a.db3*"):
            if not one.name.endswith("-shm"):
                shutil.copy(one, copy)
    return copy / file.name


def test_a_journal_counts_for_the_size_of_a_database(unfinished, monkeypatch):
    for name, value in {"_FIRST_BUDGET": 0, "_INSTRUCTIONS_PER_BYTE": 3, "_STEP": 1000}.items():
        monkeypatch.setattr(sqlite_guard, name, value)
    assert unfinished.with_name("a.db3-wal").stat().st_size > 20 * unfinished.stat().st_size
    times, issues = read(unfinished)
    assert (len(times), issues) == (5000, [])


@pytest.fixture
def read_only_media(unfinished, monkeypatch):
    """Let sqlite find no room for a lock beside the bag."""
    connect = sqlite3.connect
    folder = quote(str(unfinished.parent))

    def refuse(name, **how):
        if folder in name and "immutable" not in name:
            raise sqlite3.OperationalError("unable to open database file")
        return connect(name, **how)

    monkeypatch.setattr(sqlite3, "connect", refuse)


def test_a_journal_on_read_only_media_is_read(unfinished, read_only_media):
    before = sorted(one.name for one in unfinished.parent.iterdir())
    times, issues = read(unfinished)
    assert (len(times), issues) == (5000, [])
    assert sorted(one.name for one in unfinished.parent.iterdir()) == before


def test_a_journal_that_cannot_be_copied_is_reported(unfinished, read_only_media, monkeypatch):
    def full(source, target):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    times, issues = read(unfinished)
    assert times == []
    (issue,) = issues
    size = unfinished.with_name("a.db3-wal").stat().st_size
    assert f"what a.db3-wal holds ({size} bytes) was not read: " in issue
    assert "No space left on device" in issue


@pytest.mark.parametrize(
    ("disk", "refused"),
    [
        (Disk(4 * 10**12, 0, 190 * 10**9), ""),
        (Disk(4 * 10**12, 0, GIB), f"{GIB} of them are left to other programs"),
        (Disk(1000, 0, 40), "40 bytes are free and 50 of them"),
    ],
    ids=["large", "full", "small"],
)
def test_a_packed_bag_is_unpacked_where_there_is_room(tmp_path, monkeypatch, disk, refused):
    whole = write(tmp_path / "whole", [SMALL]).read_bytes()
    (tmp_path / "a.mcap.zstd").write_bytes(zstandard.compress(whole))
    monkeypatch.setattr(opening.shutil, "disk_usage", lambda folder: disk)
    if refused:
        with pytest.raises(BagError, match=refused):
            BagReader(tmp_path / "a.mcap.zstd")
    else:
        assert read(tmp_path / "a.mcap.zstd") == ([0], [])
