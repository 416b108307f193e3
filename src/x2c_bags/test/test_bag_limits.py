# SPDX-License-Identifier: Apache-2.0
"""Bags whose sizes are forged, or above a limit: refused by name, and the rest is read."""

import os
import sqlite3
import struct
from contextlib import closing

import lz4.frame
import pytest
import zstandard
from mcap.opcode import Opcode
from mcap.writer import Writer

from x2c_bags.errors import BagError
from x2c_bags.reading import sqlite_guard
from x2c_bags.reading.bag_reader import BagReader
from x2c_bags.reading.files import is_bag
from x2c_bags.schema import type_store
from x2c_bags.writing.bag_writer import CLOCK_KEY

LIMIT = 1000
TEXT = "std_msgs/String"
SMALL, LARGE = b"\0\1\0\0" + bytes(100), b"\0\1\0\0" + bytes(5000)


def packed(content, compression, stated):
    """Return packed content; `stated`: whether the frame itself says how large it is."""
    if compression == "lz4":
        return lz4.frame.compress(content, store_size=stated)
    if compression == "zstd":
        packer = zstandard.ZstdCompressor(write_content_size=stated).compressobj(
            *([len(content)] if stated else [])
        )
        return packer.compress(content) + packer.flush()
    return content


def record(opcode, content):
    return struct.pack("<BQ", opcode, len(content)) + content


def prefixed(text):
    return struct.pack("<I", len(text)) + text


def message(data, time=1):
    return record(Opcode.MESSAGE, struct.pack("<HIQQ", 1, 0, time, time) + data)


def described(definition=b"string data\n"):
    schema = struct.pack("<H", 1) + prefixed(b"std_msgs/msg/String") + prefixed(b"ros2msg")
    channel = struct.pack("<HH", 1, 1) + prefixed(b"/text") + prefixed(b"cdr") + prefixed(b"")
    return record(Opcode.SCHEMA, schema + prefixed(definition)) + record(Opcode.CHANNEL, channel)


def chunk(content, compression="zstd", *, stated=True, size=None):
    data = packed(content, compression, stated)
    size = len(content) if size is None else size
    head = struct.pack("<QQQI", 1, 1, size, 0) + prefixed(compression.encode())
    return record(Opcode.CHUNK, head + struct.pack("<Q", len(data)) + data)


def write(path, *pieces, end=True):
    path.write_bytes(
        b"\x89MCAP0\r\n"
        + record(Opcode.HEADER, prefixed(b"ros2") + prefixed(b"test"))
        + b"".join(pieces)
        + (record(Opcode.DATA_END, bytes(4)) + record(Opcode.FOOTER, bytes(20))) * end
        + b"\x89MCAP0\r\n" * end
    )
    return path


def times(reader):
    return [one.time for one in reader.messages(["/text"])]


@pytest.fixture
def small_limit(monkeypatch):
    monkeypatch.setenv("X2C_MAX_RECORD_BYTES", str(LIMIT))


@pytest.mark.parametrize("stated", [True, False], ids=["stated", "unstated"])
@pytest.mark.parametrize("compression", ["zstd", "lz4"])
def test_a_chunk_above_the_limit_is_passed_over(tmp_path, small_limit, compression, stated):
    how = {"compression": compression, "stated": stated}
    first, last = chunk(described() + message(SMALL, 1), **how), chunk(message(SMALL, 3), **how)
    file = write(tmp_path / "a.mcap", first, chunk(message(LARGE, 2), **how), last)
    reader = BagReader(file)
    assert times(reader) == [1, 3]
    (issue,) = reader.found
    assert issue.loss
    assert "unpacks to 5035 bytes; the limit is 1000: " in issue.text
    assert "X2C_MAX_RECORD_BYTES" in issue.text


@pytest.mark.parametrize("size", [10, 900], ids=["less", "more"])
@pytest.mark.parametrize("stated", [True, False], ids=["stated", "unstated"])
@pytest.mark.parametrize("compression", ["zstd", "lz4"])
def test_a_chunk_that_lies_about_its_size_is_passed_over(
    tmp_path, small_limit, compression, stated, size
):
    forged = chunk(message(LARGE, 2), compression, stated=stated, size=size)
    file = write(tmp_path / "a.mcap", described(), forged, message(SMALL, 3))
    reader = BagReader(file)
    assert times(reader) == [3]
    assert len(reader.issues) == 1


def test_a_message_and_an_unpacked_chunk_above_the_limit_are_passed_over(tmp_path, small_limit):
    pieces = [
        message(SMALL, 1),
        message(LARGE, 2),
        chunk(message(LARGE, 3), ""),
        message(SMALL, 4),
    ]
    reader = BagReader(write(tmp_path / "a.mcap", described(), *pieces))
    assert times(reader) == [1, 4]
    assert len(reader.issues) == 2
    assert all("; the limit is 1000: " in issue for issue in reader.issues)


def test_an_attachment_of_any_size_is_skipped(tmp_path, small_limit):
    attachment = record(Opcode.ATTACHMENT, bytes(5 * LIMIT))
    reader = BagReader(write(tmp_path / "a.mcap", described(), attachment, message(SMALL)))
    assert (times(reader), reader.issues) == ([1], [])


def test_a_length_inside_a_record_does_not_reach_behind_its_end(tmp_path):
    """A channel whose metadata claim 4 GB: what follows is not taken for them."""
    forged = struct.pack("<HH", 1, 1) + prefixed(b"/text") + prefixed(b"cdr")
    channel = record(Opcode.CHANNEL, forged + struct.pack("<I", 2**32 - 1))
    reader = BagReader(write(tmp_path / "a.mcap", described(), message(SMALL), channel))
    assert times(reader) == [1]
    assert "it was not finished, or is damaged" in reader.issues[0]


def test_a_record_longer_than_the_file_takes_no_memory(tmp_path):
    cut = struct.pack("<BQ", Opcode.MESSAGE, 2**62)
    reader = BagReader(write(tmp_path / "a.mcap", described(), message(SMALL), cut, end=False))
    assert times(reader) == [1]
    assert "breaks off" in reader.issues[0]


def test_a_summary_that_holds_chunks_is_not_unpacked(tmp_path, small_limit):
    body = described() + message(SMALL, 1)
    start = 8 + len(record(Opcode.HEADER, prefixed(b"ros2") + prefixed(b"test")))
    footer = struct.pack("<QQI", start, 0, 0)
    file = tmp_path / "a.mcap"
    write(
        file, body, chunk(message(LARGE, 2), "lz4"), record(Opcode.DATA_END, bytes(4)), end=False
    )
    file.write_bytes(file.read_bytes() + record(Opcode.FOOTER, footer) + b"\x89MCAP0\r\n")
    reader = BagReader(file)
    assert times(reader) == [1]
    assert "; the limit is 1000: " in reader.issues[0]


def test_an_indexed_bag_is_read_by_its_summary(tmp_path):
    with (tmp_path / "a.mcap").open("wb") as file:
        writer = Writer(file)
        writer.start(profile="ros2", library="test")
        schema = writer.register_schema("std_msgs/msg/String", "ros2msg", b"string data\n")
        channel = writer.register_channel("/text", "cdr", schema)
        for time in range(3):
            writer.add_message(channel, time, SMALL, time)
        writer.add_attachment(0, 0, "a", "b", bytes(10))
        text = f"custom_data: {{{CLOCK_KEY}: ros}}"
        writer.add_metadata("rosbag2", {"serialized_metadata": text})
        writer.finish()
    reader = BagReader(tmp_path / "a.mcap")
    assert reader.counts == {"/text": 3}
    assert reader.clock == "ros"
    assert (times(reader), reader.issues) == ([0, 1, 2], [])


def tables(database):
    database.executescript(
        """
        CREATE TABLE topics(id INTEGER PRIMARY KEY, name TEXT, type TEXT,
                            serialization_format TEXT, offered_qos_profiles TEXT);
        INSERT INTO topics VALUES (1, '/text', 'std_msgs/msg/String', 'cdr', '');
        """
    )


def messages(database, *rows, index=True):
    database.execute(
        "CREATE TABLE messages(id INTEGER PRIMARY KEY, topic_id INTEGER NOT NULL, "
        "timestamp INTEGER NOT NULL, data BLOB NOT NULL)"
    )
    if index:
        database.execute("CREATE INDEX timestamp_idx ON messages (timestamp ASC)")
    database.executemany("INSERT INTO messages VALUES (NULL, 1, ?, ?)", rows)


@pytest.fixture
def database(tmp_path):
    with closing(sqlite3.connect(tmp_path / "a.db3")) as made:
        tables(made)
        yield made


def opened(database, tmp_path):
    database.commit()
    return BagReader(tmp_path / "a.db3")


def test_a_row_above_the_limit_is_passed_over(tmp_path, small_limit, database):
    messages(database, (1, SMALL), (2, LARGE), (3, SMALL))
    reader = opened(database, tmp_path)
    assert times(reader) == [1, 3]
    assert "messages of more than 1000 bytes, the limit, were passed over" in reader.issues[0]
    assert "X2C_MAX_RECORD_BYTES" in reader.issues[0]


@pytest.mark.parametrize("index", [True, False])
def test_rows_come_by_time_with_an_index_or_without(tmp_path, database, index):
    messages(database, (3, SMALL), (1, SMALL), (2, SMALL), index=index)
    reader = opened(database, tmp_path)
    assert (times(reader), reader.issues) == ([1, 2, 3], [])


ENDLESS_VIEW = """
CREATE VIEW messages AS
WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n)
SELECT id, 1 AS topic_id, id AS timestamp, x'00' AS data FROM n
"""
COMPUTED_COLUMN = """
CREATE TABLE messages(id INTEGER PRIMARY KEY, topic_id, timestamp,
                      data AS (zeroblob(400)) VIRTUAL);
INSERT INTO messages VALUES (1, 1, 1)
"""
OTHER_VIEW = "CREATE VIEW message_definitions AS SELECT 1 AS topic_type"
VIRTUAL_TABLE = "CREATE VIRTUAL TABLE messages USING fts5(topic_id, timestamp, data)"


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (ENDLESS_VIEW, "'messages' is a view, expected a table"),
        (COMPUTED_COLUMN, "the column 'data' of 'messages' is computed"),
        (OTHER_VIEW, "'message_definitions' is a view"),
        (VIRTUAL_TABLE, "'messages' is a virtual table"),
    ],
    ids=["endless view", "computed column", "other view", "virtual table"],
)
def test_what_only_looks_like_a_table_is_refused(tmp_path, database, script, reason):
    try:
        database.executescript(script)
    except sqlite3.OperationalError as error:
        pytest.skip(f"this sqlite has no such thing: {error}")
    with pytest.raises(BagError, match=f"a.db3 is refused: {reason}"):
        opened(database, tmp_path)


def test_triggers_and_other_tables_do_no_harm(tmp_path, database):
    messages(database, (1, SMALL))
    database.executescript(
        "CREATE TABLE mine(a); CREATE VIEW ours AS SELECT * FROM mine;"
        "CREATE TRIGGER topics_changed AFTER INSERT ON topics BEGIN SELECT 1; END;"
    )
    assert times(opened(database, tmp_path)) == [1]


PAGE = 512


def forge_tree(file, levels):
    """Make a table's root lead through a few pages again and again: fanout ** levels rows."""
    with closing(sqlite3.connect(file)) as database:
        query = "SELECT rootpage FROM sqlite_master WHERE name = 'messages'"
        (root,) = database.execute(query).fetchone()
    data = bytearray(file.read_bytes())
    assert len(data) % PAGE == 0
    leaf = data[(root - 1) * PAGE : root * PAGE]
    child = len(data) // PAGE + 1
    pages = [leaf]
    for _ in range(levels):
        pages.append(interior(child + len(pages) - 1))
    data[(root - 1) * PAGE : root * PAGE] = pages.pop()
    data += b"".join(pages)
    struct.pack_into(">I", data, 28, len(data) // PAGE)
    file.write_bytes(data)


def interior(child, fanout=60):
    cells = [struct.pack(">IB", child, min(2 * k + 2, 127)) for k in range(fanout)]
    places = [PAGE - 5 * (k + 1) for k in range(fanout)]
    page = bytearray(PAGE)
    struct.pack_into(">BHHHBI", page, 0, 5, 0, fanout, places[-1], 0, child)
    for k, (cell, place) in enumerate(zip(cells, places, strict=True)):
        page[place : place + 5] = cell
        struct.pack_into(">H", page, 12 + 2 * k, place)
    return page


def test_a_tree_that_leads_in_circles_comes_to_an_end(tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite_guard, "_FIRST_BUDGET", 200_000)
    file = tmp_path / "a.db3"
    with closing(sqlite3.connect(file)) as database:
        database.execute(f"PRAGMA page_size = {PAGE}")
        tables(database)
        messages(database, (1, b"one"), (2, b"two"), index=False)
        database.commit()
    forge_tree(file, levels=9)
    reader = BagReader(file)
    assert len(times(reader)) <= 2
    assert any("more rows than it can hold" in issue for issue in reader.issues)


@pytest.mark.parametrize("stated", [True, False], ids=["stated", "unstated"])
def test_a_packed_message_above_the_limit_is_refused_and_the_rest_is_read(
    tmp_path, small_limit, database, stated
):
    def text(content):
        data = b"\0\1\0\0" + prefixed(content + b"\0")
        return packed(data + bytes(-len(data) % 4), "zstd", stated)

    messages(database, (1, text(b"a")), (2, text(b"b" * 5000)), (3, text(b"c")))
    reader = opened(database, tmp_path)
    read, refusals = [], []
    for one in reader.messages(["/text"]):
        try:
            read.append(reader.decode(one).data)
        except BagError as error:
            refusals.append(str(error))
    assert read == ["a", "c"]
    (refusal,) = refusals
    assert "unpacks to" in refusal
    assert "; the limit is 1000: " in refusal


@pytest.mark.parametrize("stated", [True, False], ids=["stated", "unstated"])
def test_a_packed_file_above_the_limit_is_refused_and_the_others_are_read(
    tmp_path, monkeypatch, stated
):
    monkeypatch.setenv("X2C_MAX_BAG_BYTES", str(LIMIT))
    small = write(tmp_path / "whole", described(), message(SMALL)).read_bytes()
    large = write(tmp_path / "whole", described(), message(LARGE)).read_bytes()
    (tmp_path / "whole").unlink()
    for name, content in (("a_0.mcap.zstd", large), ("a_1.mcap.zstd", small)):
        (tmp_path / name).write_bytes(packed(content, "zstd", stated))
    reader = BagReader(tmp_path)
    assert times(reader) == [1]
    assert any("a_0.mcap.zstd unpacks to" in issue for issue in reader.issues)
    assert any("X2C_MAX_BAG_BYTES" in issue for issue in reader.issues)


@pytest.mark.parametrize("name", ["../outside.mcap", "/tmp/outside.mcap", "a/../../outside.mcap"])
def test_metadata_that_name_files_outside_of_the_bag_are_not_followed(tmp_path, name):
    bag = tmp_path / "bag"
    bag.mkdir()
    write(tmp_path / "outside.mcap", described(), message(SMALL, 7))
    write(bag / "a_0.mcap", described(), message(SMALL, 1))
    text = f"rosbag2_bagfile_information:\n  relative_file_paths: [{name}, a_0.mcap]\n"
    (bag / "metadata.yaml").write_text(text)
    reader = BagReader(bag)
    assert times(reader) == [1]
    assert "names a file outside of the bag" in reader.issues[0]


def test_a_pipe_is_no_bag_and_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BagError, match="it is a named pipe, expected a regular file"):
        is_bag(tmp_path / "pipe")
    os.mkfifo(tmp_path / "a.mcap")
    with pytest.raises(BagError, match="no bag at"):
        BagReader(tmp_path / "a.mcap")


@pytest.mark.parametrize(
    "text",
    [
        "demo_msgs/E[5000] x\n" + "=" * 80 + "\nMSG: demo_msgs/E\nuint8 y\n",
        "string[5000] x\n",
        "uint8 x\n" * 5000,
    ],
    ids=["messages", "texts", "lines"],
)
def test_a_definition_of_endless_fields_is_refused_at_once(text):
    with pytest.raises(BagError, match=r"definition has 500\d fields; the limit is 4096: "):
        type_store.compiled("demo_msgs/msg/Thing", "ros2msg", text)


def test_a_definition_above_the_limit_is_refused(monkeypatch):
    monkeypatch.setenv("X2C_MAX_YAML_BYTES", "100")
    with pytest.raises(BagError, match="definition has 108 bytes; the limit is 100: "):
        type_store.compiled("demo_msgs/msg/Thing", "ros2msg", "uint8 x\n" + "#" * 100)


def test_numbers_in_a_fixed_array_are_no_fields():
    assert type_store.compiled("demo_msgs/msg/Thing", "ros2msg", "float64[100000] x\n")
