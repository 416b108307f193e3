# SPDX-License-Identifier: Apache-2.0
import os

import pytest
from mcap.reader import make_reader
from rosbags.interfaces import QosDurability
from rosbags.rosbag2 import Reader

from x2c_evaluation.bag_writer import BagWriter
from x2c_evaluation.errors import BagError
from x2c_evaluation.recorder import PUBLICATION_CLOCK
from x2c_evaluation.topics import TOPICS, Part

NAMES = {f"/{one.part.lstrip('/')}": one for one in TOPICS}


def contents(folder):
    with Reader(folder) as reader:
        return [(one.topic, time, bytes(data)) for one, time, data in reader.messages()]


def fill(writer, messages, count, first=0):
    written = []
    for index in range(first, first + count):
        data = messages.of_frame(Part.CONTROLS, index, index, (8, 8))
        writer.write(Part.CONTROLS, index, data)
        written.append(("/control_values", index, data))
    return written


def test_rosbags_reads_every_byte(tmp_path, messages):
    writer = BagWriter(tmp_path / "bag", NAMES, PUBLICATION_CLOCK)
    written = fill(writer, messages, 50)
    writer.close()
    assert contents(tmp_path / "bag") == written


def test_mcap_reads_messages_and_embedded_schemas(tmp_path, make_bag, messages):
    folder = make_bag(tmp_path / "bag", frames=4)
    with (folder / "bag.mcap").open("rb") as file:
        read = list(make_reader(file).iter_messages())
    values = [one for one in read if one[1].topic == "/control_values"]
    assert len(values) == 4
    schema, channel, message = values[0]
    assert (schema.name, schema.encoding) == ("x2c_msgs/msg/ControlValues", "ros2msg")
    assert b"float32[30] values" in schema.data
    assert b"MSG: std_msgs/Header" in schema.data
    assert channel.message_encoding == "cdr"
    stamp = message.log_time - 9_000_000
    assert message.data == messages.of_frame(Part.CONTROLS, 0, stamp, (8, 8))


def test_latched_topics_stay_latched(tmp_path, make_bag):
    with Reader(make_bag(tmp_path / "bag", frames=1)) as reader:
        durability = {
            one.topic: one.ext.offered_qos_profiles[0].durability for one in reader.connections
        }
    assert durability.pop("/face/neutral") is QosDurability.TRANSIENT_LOCAL
    assert set(durability.values()) == {QosDurability.VOLATILE}


def test_a_bag_without_messages_is_a_bag(tmp_path, make_bag):
    folder = make_bag(tmp_path / "bag", frames=0)
    assert contents(folder) == []
    with (folder / "bag.mcap").open("rb") as file:
        assert list(make_reader(file).iter_messages()) == []


def test_an_existing_bag_is_not_touched(tmp_path):
    (tmp_path / "bag").mkdir()
    with pytest.raises(BagError, match="exists already"):
        BagWriter(tmp_path / "bag", NAMES, PUBLICATION_CLOCK)


def test_a_full_disk_costs_only_what_does_not_fit(tmp_path, messages, monkeypatch):
    writer = BagWriter(tmp_path / "bag", NAMES, PUBLICATION_CLOCK)
    before = fill(writer, messages, 20)
    writer.flush()
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", _no_space)
        fill(writer, messages, 5, first=20)
        writer.flush()
        assert "No space left" in writer.fault
        assert writer.lost == 5
    after = fill(writer, messages, 7, first=25)
    writer.flush()
    assert writer.fault == ""
    writer.close()
    assert writer.lost == 5
    assert contents(tmp_path / "bag") == before + after
    with Reader(tmp_path / "bag") as reader:
        assert reader.message_count == 27


def test_a_disk_that_is_full_at_the_end_leaves_the_messages(tmp_path, messages, monkeypatch):
    writer = BagWriter(tmp_path / "bag", NAMES, PUBLICATION_CLOCK)
    fill(writer, messages, 20)
    writer.flush()
    size = (tmp_path / "bag" / "bag.mcap").stat().st_size
    monkeypatch.setattr(os, "write", _no_space)
    with pytest.raises(BagError, match=r"has no index.*mcap recover"):
        writer.close()
    assert (tmp_path / "bag" / "bag.mcap").stat().st_size == size


def _no_space(file, data):
    raise OSError(28, "No space left on device")
