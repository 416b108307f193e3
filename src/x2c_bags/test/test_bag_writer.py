# SPDX-License-Identifier: Apache-2.0
import io
import os
import struct
from collections import Counter

import pytest
import yaml
from mcap.data_stream import ReadDataStream
from mcap.exceptions import McapError
from mcap.opcode import Opcode
from mcap.reader import make_reader
from mcap.records import Channel, Chunk, DataEnd, Footer, Header, Message, MessageIndex
from mcap.stream_reader import StreamReader, breakup_chunk
from rosbags.interfaces import QosDurability
from rosbags.rosbag2 import Reader

from x2c_bags.errors import BagError
from x2c_bags.reading.bag_reader import BagReader
from x2c_bags.recorder import PUBLICATION_CLOCK
from x2c_bags.schema.topics import TOPICS, Part
from x2c_bags.writing import bag_writer
from x2c_bags.writing.bag_writer import BagWriter, Split

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
    with (folder / "bag_0.mcap").open("rb") as file:
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
    with (folder / "bag_0.mcap").open("rb") as file:
        assert list(make_reader(file).iter_messages()) == []


def test_topics_of_a_shared_face_are_in_a_bag_only_with_messages(tmp_path, messages):
    folder = tmp_path / "bag"
    writer = BagWriter(folder, NAMES, PUBLICATION_CLOCK)
    written = fill(writer, messages, 2)
    data = messages.of_frame(Part.CONTROLS, 7, 7, (8, 8))
    writer.write(Part.MIXED_CONTROLS, 7, data)
    writer.close()
    assert contents(folder) == [*written, ("/mixer/control_values", 7, data)]
    shared = {f"/{one.part}" for one in TOPICS if one.shared_face}
    reader = BagReader(folder)
    assert reader.issues == []
    assert set(reader.topics) & shared == {"/mixer/control_values"}
    (record,) = reader.messages_of([Part.MIXED_CONTROLS])
    assert reader.decode(record).header.stamp.nanosec == 7
    assert len(list(reader.messages_of([Part.CONTROLS]))) == 2


def test_an_existing_bag_is_not_touched(tmp_path):
    (tmp_path / "bag").mkdir()
    with pytest.raises(BagError, match="exists already"):
        BagWriter(tmp_path / "bag", NAMES, PUBLICATION_CLOCK)


def test_messages_wait_for_room_on_a_full_disk(tmp_path, messages, monkeypatch):
    writer = BagWriter(tmp_path / "bag", NAMES, PUBLICATION_CLOCK)
    written = fill(writer, messages, 20)
    writer.flush()
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", _no_space)
        written += fill(writer, messages, 5, first=20)
        writer.flush()
        assert "No space left" in writer.fault
    written += fill(writer, messages, 7, first=25)
    writer.flush()
    assert writer.fault == ""
    writer.close()
    assert writer.lost == 0
    assert contents(tmp_path / "bag") == written
    assert faults(tmp_path / "bag" / "bag_0.mcap") == []


def test_when_too_many_wait_the_next_ones_are_lost_and_counted(tmp_path, messages, monkeypatch):
    monkeypatch.setattr(bag_writer, "_LONGEST_WAITING", 4000)
    writer = BagWriter(tmp_path / "bag", NAMES, PUBLICATION_CLOCK)
    before = fill(writer, messages, 20)
    writer.flush()
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", _no_space)
        kept = fill(writer, messages, 30, first=20)
        writer.flush()
        fill(writer, messages, 5, first=50)
        assert writer.lost == 5
    after = fill(writer, messages, 0, first=55)
    writer.flush()
    after += fill(writer, messages, 7, first=55)
    writer.close()
    assert writer.lost == 5
    assert contents(tmp_path / "bag") == before + kept + after
    assert faults(tmp_path / "bag" / "bag_0.mcap") == []


def test_a_disk_that_is_full_at_the_end_leaves_the_messages(tmp_path, messages, monkeypatch):
    writer = BagWriter(tmp_path / "bag", NAMES, PUBLICATION_CLOCK)
    written = fill(writer, messages, 20)
    writer.flush()
    file = tmp_path / "bag" / "bag_0.mcap"
    size = file.stat().st_size
    monkeypatch.setattr(os, "write", _no_space)
    with pytest.raises(BagError, match=r"could not be finished: bag_0.*make room.*mcap recover"):
        writer.close()
    assert file.stat().st_size == size
    monkeypatch.undo()
    read = [record.data for record in BagReader(tmp_path / "bag").messages_of(tuple(Part))]
    assert read == [data for _, _, data in written]


@pytest.mark.parametrize("split", [Split(size=20_000), Split(duration=10)])
def test_a_split_bag_is_one_bag_of_whole_files(tmp_path, messages, split):
    writer = BagWriter(tmp_path / "bag", NAMES, PUBLICATION_CLOCK, split)
    written = []
    for first in range(0, 100, 10):
        written += fill(writer, messages, 10, first)
        writer.flush()
    writer.close()
    assert contents(tmp_path / "bag") == written
    files = sorted((tmp_path / "bag").glob("*.mcap"), key=lambda one: int(one.stem[4:]))
    assert [one.name for one in files] == [f"bag_{number}.mcap" for number in range(len(files))]
    assert len(files) > 3
    whole = yaml.safe_load((tmp_path / "bag" / "metadata.yaml").read_text(encoding="utf-8"))
    whole = whole["rosbag2_bagfile_information"]
    assert whole["relative_file_paths"] == [file.name for file in files]
    assert whole["message_count"] == sum(one["message_count"] for one in whole["files"]) == 100
    for file, said in zip(files, whole["files"], strict=True):
        assert faults(file) == []
        with file.open("rb") as stream:
            times = [one[2].log_time for one in make_reader(stream).iter_messages()]
        assert said["path"] == file.name
        assert said["message_count"] == len(times)
        assert said["starting_time"]["nanoseconds_since_epoch"] == times[0]
        assert said["duration"]["nanoseconds"] == times[-1] - times[0]


def test_a_kill_costs_no_finished_file_its_index(tmp_path, messages):
    writer = BagWriter(tmp_path / "bag", NAMES, PUBLICATION_CLOCK, Split(duration=10))
    written = fill(writer, messages, 25)
    writer.flush()
    # Nobody closes it.
    *whole, last = sorted((tmp_path / "bag").glob("*.mcap"))
    assert [faults(file) for file in whole] == [[]] * len(whole)
    assert "no footer" in faults(last)[0]
    read = [record.data for record in BagReader(tmp_path / "bag").messages_of(tuple(Part))]
    assert read == [data for _, _, data in written]


def test_a_disk_that_fills_while_splitting_costs_no_message(tmp_path, messages, monkeypatch):
    writer = BagWriter(tmp_path / "bag", NAMES, PUBLICATION_CLOCK, Split(duration=10))
    written = fill(writer, messages, 8)
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", _no_space)
        written += fill(writer, messages, 20, first=8)
        assert "No space left" in writer.fault
    written += fill(writer, messages, 5, first=28)
    writer.close()
    assert contents(tmp_path / "bag") == written


def test_metadata_are_those_of_rosbag2(tmp_path, make_bag):
    folder = make_bag(tmp_path / "bag", frames=2)
    text = (folder / "metadata.yaml").read_text(encoding="utf-8")
    information = yaml.safe_load(text)["rosbag2_bagfile_information"]
    assert information["version"] == 9
    assert information["storage_identifier"] == "mcap"
    topics = {
        one["topic_metadata"]["name"]: one for one in information["topics_with_message_count"]
    }
    values = topics["/control_values"]
    assert values["message_count"] == 2
    assert values["topic_metadata"]["type_description_hash"].startswith("RIHS01_")
    (quality,) = values["topic_metadata"]["offered_qos_profiles"]
    assert quality["reliability"] == "reliable"
    # Each file can be played alone: it says the same of itself.
    with (folder / "bag_0.mcap").open("rb") as stream:
        first, last = make_reader(stream).iter_metadata()
    assert first.name == last.name == "rosbag2"
    assert yaml.safe_load(last.metadata["serialized_metadata"]) == information
    # What is known from the beginning stands at the beginning, for whoever finds no end.
    begun = yaml.safe_load(first.metadata["serialized_metadata"])
    for known in ("version", "storage_identifier", "relative_file_paths", "custom_data"):
        assert begun[known] == information[known]


def test_what_an_index_says_is_true(tmp_path, make_bag):
    folder = make_bag(tmp_path / "bag", frames=60, sizes=((320, 240),))
    assert faults(folder / "bag_0.mcap") == []


def _no_space(file, data):
    raise OSError(28, "No space left on device")


MAGIC = b"\x89MCAP0\r\n"


def faults(path):
    """Return what is wrong with a file by the MCAP specification, beyond what readers mind."""
    found = []
    with path.open("rb") as stream:
        try:
            summary = make_reader(stream, validate_crcs=True).get_summary()
        except McapError as error:
            return [f"no footer: {error}"]
        if summary is None:
            return ["no summary"]
        stream.seek(0)
        data = path.read_bytes()
        records, chunks = [], []
        offset = len(MAGIC)
        for one in StreamReader(stream, emit_chunks=True, validate_crcs=True).records:
            records.append((offset, one))
            offset = stream.tell()
    kinds = [type(one) for _, one in records]
    if kinds[0] is not Header or records[0][1].profile != "ros2":
        found.append("it does not begin with a header of ROS 2")
    if kinds[-1] is not Footer or DataEnd not in kinds:
        found.append("no end of data, or no footer")
    counts, times = Counter(), []
    known = {}
    for offset, one in records:
        if not isinstance(one, Chunk):
            continue
        chunks.append((offset, one))
        starts = {}
        position = 0
        for inner in breakup_chunk(one, validate_crc=True):
            length = struct.unpack_from("<Q", one.data, position + 1)[0]
            if isinstance(inner, Channel):
                known[inner.id] = inner
            elif isinstance(inner, Message):
                if inner.channel_id not in known:
                    found.append(f"a message of channel {inner.channel_id} before it is said")
                counts[inner.channel_id] += 1
                times.append(inner.log_time)
                starts.setdefault(inner.channel_id, []).append((inner.log_time, position))
            position += 9 + length
        index = next(i for i in summary.chunk_indexes if i.chunk_start_offset == offset)
        if (index.message_start_time, index.message_end_time) != (
            min(time for some in starts.values() for time, _ in some),
            max(time for some in starts.values() for time, _ in some),
        ):
            found.append(f"chunk at {offset}: wrong times")
        for channel, place in index.message_index_offsets.items():
            if data[place] != Opcode.MESSAGE_INDEX:
                found.append(f"chunk at {offset}: no index of channel {channel} at {place}")
            said = MessageIndex.read(ReadDataStream(io.BytesIO(data[place + 9 :])))
            if said.records != starts[channel]:
                found.append(f"chunk at {offset}: wrong index of channel {channel}")
    statistics = summary.statistics
    if statistics.message_count != counts.total():
        found.append(f"{statistics.message_count} messages said, {counts.total()} found")
    if dict(statistics.channel_message_counts) != dict(counts):
        found.append("wrong counts of channels")
    if times and (statistics.message_start_time, statistics.message_end_time) != (
        min(times),
        max(times),
    ):
        found.append("wrong times")
    if not statistics.chunk_count == len(chunks) == len(summary.chunk_indexes):
        found.append("wrong count of chunks")
    if any(summary.channels[number] != channel for number, channel in known.items()):
        found.append("the summary's channels are others")
    return found
