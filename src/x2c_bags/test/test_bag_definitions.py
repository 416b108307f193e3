# SPDX-License-Identifier: Apache-2.0
"""Bags in which a topic or a type has several definitions, or a definition is wrong."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from ament_index_python import get_package_share_directory
from mcap.writer import Writer
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

from x2c_bags.errors import BagError
from x2c_bags.frames.recorded_run import read_recorded_run
from x2c_bags.reading.bag_reader import BagReader
from x2c_bags.recorder import PUBLICATION_CLOCK, Recorder
from x2c_bags.schema import type_store
from x2c_bags.schema.definitions import definition
from x2c_bags.schema.topics import TOPICS, Part
from x2c_core.control_space import controls

THING = "demo_msgs/msg/Thing"
VALUES = "x2c_msgs/msg/ControlValues"
INTEGER, REAL = "int64 number\n", "float64 number\n"
SEPARATOR = "=" * 80 + "\n"
NOW = definition(VALUES).text
REST = NOW[NOW.index(SEPARATOR) :]
WIDER = "std_msgs/Header header\nfloat64[30] values\nuint8 state\nuint8 TRACKING=1\n" + REST


@dataclass
class Kept:
    """A channel to write: its messages are of `text`, whatever it says of them."""

    text: str
    messages: list
    topic: str = "/thing"
    kind: str = THING
    said: str | None = None
    form: str = "ros2msg"
    schema: bool = True
    type_hash: str = ""

    def serialized(self):
        store = get_typestore(Stores.EMPTY)
        store.register(get_types_from_msg(self.text, self.kind))
        for fields in self.messages:
            fields = dict(fields)
            if "header" in dict(store.fielddefs[self.kind][1]):
                time = store.types["builtin_interfaces/msg/Time"](sec=5, nanosec=0)
                header = store.types["std_msgs/msg/Header"](stamp=time, frame_id="")
                fields["header"] = header
            constants = {name: value for name, _, value in store.fielddefs[self.kind][0]}
            message = store.types[self.kind](**constants, **fields)
            yield bytes(store.serialize_cdr(message, self.kind))


def things(text, *numbers, **how):
    return Kept(text, [{"number": number} for number in numbers], **how)


def values(text, number, dtype, **how):
    """Return a channel of control values with one message."""
    fields = {"values": np.full(30, number, dtype), "state": 1}
    fields |= {} if text == WIDER else {"confidence": 1.0, "track_id": 0}
    return Kept(text, [fields], "/control_values", VALUES, **how)


def write(path, *channels, index=True):
    """Write an MCAP file with one schema for each channel."""
    with path.open("wb") as file:
        writer = Writer(file, use_chunking=False, use_statistics=index)
        writer.start(profile="ros2", library="test")
        for number, one in enumerate(channels):
            said = (one.text if one.said is None else one.said).encode()
            schema = writer.register_schema(one.kind, one.form, said) if one.schema else 0
            metadata = {"topic_type_hash": one.type_hash, "number": str(number)}
            channel = writer.register_channel(one.topic, "cdr", schema, metadata)
            for place, data in enumerate(one.serialized()):
                time = 1000 * number + place
                writer.add_message(channel, time, data, time)
        writer.finish()
    return path


def numbers(reader, topic="/thing"):
    return [reader.decode(one).number for one in reader.messages([topic])]


@pytest.mark.parametrize("index", [True, False])
def test_each_channel_of_a_topic_is_decoded_by_its_own_definition(tmp_path, index):
    file = write(
        tmp_path / "a.mcap",
        things(INTEGER, 7, 8),
        things(REAL, 1.5),
        things(INTEGER, 9),
        index=index,
    )
    reader = BagReader(file)
    assert numbers(reader) == [7, 8, 1.5, 9]
    assert reader.topics["/thing"].count == 4
    assert reader.issues == []


def test_each_file_of_a_bag_is_decoded_by_its_own_definitions(tmp_path):
    write(tmp_path / "a_0.mcap", things(INTEGER, 7))
    write(tmp_path / "a_1.mcap", things(REAL, 1.5))
    assert numbers(BagReader(tmp_path)) == [7, 1.5]


def test_one_type_with_two_definitions_on_two_topics(tmp_path):
    other = things(REAL, 1.5, topic="/other")
    reader = BagReader(write(tmp_path / "a.mcap", things(INTEGER, 7), other))
    assert (numbers(reader), numbers(reader, "/other")) == ([7], [1.5])


def test_our_messages_of_two_versions_on_one_topic_are_all_read(tmp_path):
    file = write(
        tmp_path / "a.mcap", values(NOW, 0.25, np.float32), values(WIDER, 0.5, np.float64)
    )
    reader = BagReader(file)
    recorded_run = read_recorded_run(reader)
    np.testing.assert_array_equal(recorded_run.controls, np.repeat([[0.25], [0.5]], 30, axis=1))
    (issue,) = reader.found
    assert "another version of x2c_msgs/msg/ControlValues" in issue.text
    assert not issue.loss


def refused(reader, topic):
    """Return the one issue of a pass that yields nothing."""
    assert list(reader.messages([topic])) == []
    (issue,) = reader.found
    assert issue.loss
    assert topic in issue.text
    return issue.text


@pytest.mark.parametrize(
    ("before", "after", "field"),
    [
        ("uint8 state", "string state", "state is string, expected uint8"),
        (
            "float32[30] values",
            "float32[25] values",
            "values is float32[25], expected float32[30]",
        ),
        ("float32[30] values", "float32[30] valves", "it has no field values"),
        ("uint8 HOLDING=2", "uint8 HOLDING=3", "HOLDING is 3, expected 2"),
        ("uint32 nanosec", "float32 nanosec", "header.stamp.nanosec is float32, expected uint32"),
        ("string frame_id", "uint32 seq", "it has no field header.frame_id"),
    ],
)
def test_a_type_that_means_another_thing_is_passed_over_by_name(tmp_path, before, after, field):
    assert before in NOW
    said = NOW.replace(before, after)
    file = write(tmp_path / "a.mcap", values(NOW, 0.5, np.float32, said=said))
    text = refused(BagReader(file), "/control_values")
    if "nanosec" in before:
        # rosbags has a Time of its own.
        assert "builtin_interfaces/msg/Time" in text
    else:
        assert text == (
            f"/control_values: 1 message was passed over: {VALUES} cannot be read: "
            f"in this bag {field}"
        )


def test_two_types_on_one_topic_are_told_apart(tmp_path):
    other = Kept("string data\n", [{"data": "x"}] * 3, "/control_values", "std_msgs/msg/String")
    file = write(tmp_path / "a.mcap", other, values(NOW, 0.5, np.float32))
    reader = BagReader(file)
    recorded_run = read_recorded_run(reader)
    np.testing.assert_array_equal(recorded_run.controls, np.full((1, 30), 0.5))
    (issue,) = reader.found
    assert issue.text == (
        "/control_values: 3 messages were passed over: they are std_msgs/msg/String, and those "
        "read x2c_msgs/msg/ControlValues"
    )
    assert issue.text in recorded_run.issues


@pytest.mark.parametrize(
    ("said", "form", "reason"),
    [
        (INTEGER, "protobuf", "written as 'protobuf', expected one of ros2msg, ros2idl"),
        ("int64 = number!", "ros2msg", "cannot be understood"),
        ("other_msgs/Part part\n", "ros2msg", "lacks that of other_msgs/msg/Part"),
        ("module a { module msg { struct B { long c; }; }; };", "ros2idl", "one of a/msg/B"),
        ("\x00\xff", "ros2idl", "cannot be understood"),
    ],
)
def test_a_definition_that_cannot_be_used_is_named(tmp_path, said, form, reason):
    file = write(tmp_path / "a.mcap", things(INTEGER, 7, said=said, form=form))
    text = refused(BagReader(file), "/thing")
    assert THING in text
    assert reason in text


def test_a_definition_that_contradicts_itself_is_named(tmp_path):
    part = SEPARATOR + "MSG: demo_msgs/Part\n"
    said = f"Part part\n{part}int32 a\n{part}int32 a\nint32 b\n"
    text = refused(BagReader(write(tmp_path / "a.mcap", things(INTEGER, 7, said=said))), "/thing")
    assert "contradicts itself: int32 b or nothing in demo_msgs/msg/Part" in text


def test_definitions_in_idl_with_titles_are_understood(tmp_path):
    part = "module demo_msgs { module msg { struct Part { int64 number; }; }; };\n"
    whole = (
        '#include "demo_msgs/msg/Part.idl"\n'
        "module demo_msgs { module msg { struct Thing { demo_msgs::msg::Part part; }; }; };\n"
    )
    said = (
        f"{SEPARATOR}IDL: demo_msgs/msg/Thing\n{whole}{SEPARATOR}IDL: demo_msgs/msg/Part\n{part}"
    )
    file = write(tmp_path / "a.mcap", things(INTEGER, 7, said=said, form="ros2idl"))
    reader = BagReader(file)
    (message,) = map(reader.decode, reader.messages(["/thing"]))
    assert message.part.number == 7


def test_our_messages_with_the_idl_that_ros_makes_of_them_are_understood(tmp_path):
    said = ""
    for name in (VALUES, "std_msgs/msg/Header", "builtin_interfaces/msg/Time"):
        package = name.partition("/")[0]
        file = Path(get_package_share_directory(package)) / f"{name.partition('/')[2]}.idl"
        said += f"{SEPARATOR}IDL: {name}\n{file.read_text(encoding='utf-8')}"
    channel = values(NOW, 0.5, np.float32, said=said, form="ros2idl")
    reader = BagReader(write(tmp_path / "a.mcap", channel))
    np.testing.assert_array_equal(read_recorded_run(reader).controls, np.full((1, 30), 0.5))
    assert reader.issues == []


def test_a_channel_without_definition_has_the_only_one_that_the_bag_knows(tmp_path):
    file = write(tmp_path / "a.mcap", things(INTEGER, 7), things(INTEGER, 8, said=""))
    assert numbers(BagReader(file)) == [7, 8]


def test_a_channel_without_definition_is_not_guessed_from_two(tmp_path):
    file = write(
        tmp_path / "a.mcap", things(INTEGER, 7), things(REAL, 1.5), things(INTEGER, 8, said="")
    )
    reader = BagReader(file)
    assert numbers(reader) == [7, 1.5]
    (issue,) = reader.issues
    assert "comes without a definition, and the bag has 2 of this type" in issue


def test_the_hash_tells_which_definition_a_channel_has(tmp_path):
    store = type_store.compiled(THING, "ros2msg", REAL)
    bare = things(REAL, 2.5, said="", type_hash=store.hash_rihs01(THING))
    file = write(tmp_path / "a.mcap", things(INTEGER, 7), things(REAL, 1.5), bare)
    assert numbers(BagReader(file)) == [7, 1.5, 2.5]


def test_a_channel_without_a_schema_is_an_issue(tmp_path):
    file = write(tmp_path / "a.mcap", things(INTEGER, 7), things(INTEGER, 8, 9, schema=False))
    reader = BagReader(file)
    assert numbers(reader) == [7]
    (issue,) = reader.issues
    assert "2 messages were passed over" in issue
    assert "does not say of which type" in issue


@pytest.mark.parametrize("said", [None, ""])
def test_a_definition_that_is_not_the_publishers_is_not_used(tmp_path, said):
    other = type_store.compiled(VALUES, "ros2msg", WIDER).hash_rihs01(VALUES)
    wrong = values(NOW, 0.5, np.float32, said=said, type_hash=other)
    reader = BagReader(write(tmp_path / "a.mcap", wrong))
    assert other in refused(reader, "/control_values")


def test_a_hash_that_was_never_set_says_nothing(tmp_path):
    file = write(tmp_path / "a.mcap", things(INTEGER, 7, type_hash="RIHS01_" + "0" * 64))
    assert numbers(BagReader(file)) == [7]


def test_decoders_are_made_once_for_each_definition():
    first = type_store.compiled(THING, "ros2msg", INTEGER)
    assert type_store.compiled(THING, "ros2msg", INTEGER) is first
    assert type_store.compiled(THING, "ros2msg", REAL) is not first


@pytest.fixture
def database(tmp_path, write_bag, grey):
    """Return a function that makes a bag in sqlite3 of our channels."""

    def make(*channels):
        file = tmp_path / "a.db3"
        with closing(sqlite3.connect(file)) as base, base:
            base.executescript(
                """
                CREATE TABLE topics (id INTEGER PRIMARY KEY, name TEXT, type TEXT,
                    serialization_format TEXT, type_description_hash TEXT);
                CREATE TABLE message_definitions (id INTEGER PRIMARY KEY, topic_type TEXT,
                    encoding TEXT, encoded_message_definition TEXT, type_description_hash TEXT);
                CREATE TABLE messages (id INTEGER PRIMARY KEY, topic_id INTEGER,
                    timestamp INTEGER, data BLOB);
                """
            )
            for number, one in enumerate(channels):
                topic = (number, one.topic, one.kind, "cdr", one.type_hash or None)
                base.execute("INSERT INTO topics VALUES (?, ?, ?, ?, ?)", topic)
                if one.schema:
                    base.execute(
                        "INSERT INTO message_definitions VALUES (NULL, ?, ?, ?, ?)",
                        (one.kind, one.form, one.text, one.type_hash or None),
                    )
                for place, data in enumerate(one.serialized()):
                    time = 1000 * number + place
                    base.execute(
                        "INSERT INTO messages VALUES (NULL, ?, ?, ?)", (number, time, data)
                    )
        return file

    return make


def hash_of(text):
    return type_store.compiled(THING, "ros2msg", text).hash_rihs01(THING)


@pytest.mark.parametrize("topic", ["/thing", "/other"])
def test_a_database_tells_definitions_apart_by_their_hashes(database, topic):
    one = things(INTEGER, 7, type_hash=hash_of(INTEGER))
    reader = BagReader(database(one, things(REAL, 1.5, topic=topic, type_hash=hash_of(REAL))))
    read = numbers(reader) + (numbers(reader, topic) if topic == "/other" else [])
    assert read == [7, 1.5]


def test_a_database_with_two_definitions_and_no_hashes_is_not_guessed(database):
    text = refused(BagReader(database(things(INTEGER, 7), things(REAL, 1.5, topic="/b"))), "/b")
    assert f"defines it in 2 ways: int64 number or float64 number in {THING}" in text


def test_a_database_with_one_definition_for_two_hashes_is_read_where_it_fits(database):
    one = things(INTEGER, 7, type_hash=hash_of(INTEGER))
    other = things(REAL, 1.5, topic="/other", type_hash=hash_of(REAL), schema=False)
    reader = BagReader(database(one, other))
    assert numbers(reader) == [7]
    assert hash_of(REAL) in refused(reader, "/other")


@pytest.mark.parametrize(
    ("change", "said", "left"),
    [
        ("UPDATE topics SET name = NULL WHERE id = 0", "expected texts for its name", [1.5]),
        ("UPDATE topics SET type = X'00ff' WHERE id = 0", "expected texts for its name", [1.5]),
        ("UPDATE messages SET data = 'text' WHERE id = 1", "1 message of /thing", [8, 1.5]),
        ("UPDATE messages SET data = NULL WHERE id = 1", "1 message of /thing", [8, 1.5]),
        ("UPDATE messages SET data = 7 WHERE id = 1", "1 message of /thing", [8, 1.5]),
        ("UPDATE messages SET timestamp = NULL WHERE id < 3", "2 messages of /thing", [1.5]),
        ("UPDATE messages SET timestamp = 'soon' WHERE id = 1", "1 message of /thing", [8, 1.5]),
        ("UPDATE topics SET serialization_format = 'x' WHERE id = 0", "in the form 'x'", [1.5]),
    ],
)
def test_a_value_of_another_kind_in_a_database_costs_only_itself(database, change, said, left):
    other = things(REAL, 1.5, topic="/other", type_hash=hash_of(REAL))
    file = database(things(INTEGER, 7, 8, type_hash=hash_of(INTEGER)), other)
    with closing(sqlite3.connect(file)) as base, base:
        base.execute(change)
    reader = BagReader(file)
    topics = [name for name in ("/thing", "/other") if name in reader.topics]
    read = [reader.decode(one).number for one in reader.messages(topics)]
    assert read == left
    (issue,) = reader.found
    assert issue.loss
    assert said in issue.text


def test_a_split_bag_of_two_forms_is_read_by_what_each_file_says(tmp_path, database):
    folder = tmp_path / "bag"
    folder.mkdir()
    shutil.move(database(things(INTEGER, 7)), folder / "a_0.db3")
    write(folder / "a_1.mcap", things(REAL, 1.5))
    assert numbers(BagReader(folder)) == [7, 1.5]


def test_control_values_out_of_a_merged_bag_are_neutral_where_they_were(tmp_path):
    neutral = controls.NEUTRAL.astype(np.float64)
    one = values(WIDER, 0.0, np.float64)
    one.messages[0]["values"] = neutral
    recorded_run = read_recorded_run(
        BagReader(write(tmp_path / "a.mcap", values(NOW, 1, np.float32), one))
    )
    np.testing.assert_array_equal(recorded_run.controls[1], neutral)


def test_a_type_of_a_package_that_cannot_be_is_unknown(database):
    file = database(things(INTEGER, 7, schema=False))
    with closing(sqlite3.connect(file)) as base, base:
        base.execute("UPDATE topics SET type = 'Demo msgs/msg/Thing'")
    assert "Demo msgs/msg/Thing cannot be read" in refused(BagReader(file), "/thing")


def test_an_error_of_sqlite_that_is_no_text_is_told(database):
    file = database(things(INTEGER, 7))
    data = file.read_bytes()
    # sqlite quotes the name of what it does not understand.
    file.write_bytes(data.replace(b"CREATE TABLE topics", b"CREAT\xff TABLE topics", 1))
    with pytest.raises(BagError, match="no bag that can be read"):
        BagReader(file)


def test_a_publisher_of_another_version_is_recorded_on_a_channel_of_its_own(tmp_path, messages):
    other = type_store.compiled(VALUES, "ros2msg", WIDER).hash_rihs01(VALUES)
    topics = {f"/{one.part.lstrip('/')}": one for one in TOPICS}
    recorder = Recorder(tmp_path / "out", topics, PUBLICATION_CLOCK, 0.1, False)
    data = messages.of_frame(Part.CONTROLS, 0, 5, (8, 8))
    recorder.put(Part.CONTROLS, 1, data)
    recorder.put(Part.CONTROLS, 2, *values(WIDER, 0.5, np.float64).serialized(), other)
    recorder.put(Part.CONTROLS, 3, data)
    recorder.close()
    reader = BagReader(tmp_path / "out")
    assert [one.time for one in reader.messages(["/control_values"])] == [1, 3]
    (issue,) = reader.found
    assert "1 message was passed over" in issue.text
    assert other in issue.text
