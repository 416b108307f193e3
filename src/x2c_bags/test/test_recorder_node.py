# SPDX-License-Identifier: Apache-2.0
import array
import csv
import itertools
import resource
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from mcap.reader import make_reader
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.serialization import serialize_message
from rclpy.type_hash import TypeHash
from rosbags.interfaces import QosDurability
from rosbags.rosbag2 import Reader
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CompressedImage, JointState

from x2c_bags import recorder_node
from x2c_bags.frames.recorded_run import read_recorded_run
from x2c_bags.reading.bag_reader import BagReader
from x2c_bags.recorder import ROS_CLOCK
from x2c_bags.recorder_node import RecorderNode, stamp_of
from x2c_bags.schema.topics import Part
from x2c_bags.writing.bag_writer import BagWriter
from x2c_core.control_space import controls
from x2c_msgs.msg import ControlLayer, ControlValues, FaceLandmarks, MixerState
from x2c_node import qos
from x2c_node.conversion.headers import to_stamp
from x2c_node.diagnostics import Level

COUNT = 40


@pytest.fixture
def recorder(node_inside, tmp_path):
    def start(**options):
        parameters = {"output": str(tmp_path / "out"), "diagnostics_period": 0.2}
        parameters |= options.pop("parameters", {})
        node = node_inside(RecorderNode, parameters=parameters, **options)
        return node, Path(parameters["output"])

    return start


@pytest.fixture
def recorder_program(node_process, tmp_path):
    def start(**parameters):
        out = tmp_path / "out"
        given = {"output": str(out), "diagnostics_period": 0.2, "flush_period": 0.1, **parameters}
        return node_process("x2c_bags", "recorder_node", parameters=given), out

    return start


def publisher(ros, wait_until, message_type, topic, qos=qos.NEWEST, listeners=1):
    made = ros.publish(message_type, topic, qos)
    wait_until(lambda: made.get_subscription_count() >= listeners, what=f"ears for {topic}")
    return made


def control_values(index, stamp=None):
    values = controls.from_deflection(np.sin(index + np.arange(controls.COUNT)))
    message = ControlValues(values=values.astype(np.float32), confidence=0.5, state=1)
    message.header.stamp = to_stamp(time.time_ns() if stamp is None else stamp)
    message.header.frame_id = "camera"
    return message


def overheard(ros, message_type, topic, qos=QoSProfile(depth=COUNT)):  # noqa: B008
    """Return a list of what goes over a topic, byte by byte."""
    heard = []
    ros.node.create_subscription(message_type, topic, heard.append, qos, raw=True)
    return heard


def count_recorded(ros, topic):
    status = ros.diagnosis("recorder_node")
    values = {one.key: one.value for one in status.values} if status else {}
    return int(values.get(f"{topic} recorded", 0))


def recorded(ros, wait_until, topic, count):
    wait_until(
        lambda: count_recorded(ros, topic) >= count,
        what=f"{count} messages of {topic} to be recorded",
    )


def test_every_message_is_recorded_as_it_was(ros, wait_until, recorder):
    process, out = recorder()
    values_heard = overheard(ros, ControlValues, "control_values")
    images_heard = overheard(ros, CompressedImage, "image_raw/compressed")
    qos = QoSProfile(depth=COUNT)
    values = publisher(ros, wait_until, ControlValues, "control_values", qos, listeners=2)
    images = publisher(ros, wait_until, CompressedImage, "image_raw/compressed", listeners=2)
    for index in range(COUNT):
        values.publish(control_values(index))
        time.sleep(0.002)
    images.publish(CompressedImage(format="jpeg", data=bytes(range(200)) * 300))
    recorded(ros, wait_until, "control_values", COUNT)
    recorded(ros, wait_until, "image_raw/compressed", 1)
    assert process.stop() == 0

    wait_until(lambda: len(values_heard) == COUNT and images_heard, what="what was sent")
    with Reader(out / "bag") as reader:
        read = [(one.topic, bytes(data)) for one, _, data in reader.messages()]
    assert [data for topic, data in read if topic == "/control_values"] == values_heard
    with (out / "bag" / "bag_0.mcap").open("rb") as file:
        messages = list(make_reader(file).iter_messages())
    for topic, heard in (
        ("/control_values", values_heard),
        ("/image_raw/compressed", images_heard),
    ):
        assert [one[2].data for one in messages if one[1].topic == topic] == heard

    with (out / "controls.csv").open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    recorded_run = read_recorded_run(BagReader(out / "bag"))
    assert header == ["stamp", *controls.NAMES]
    table = np.array([row[1:] for row in rows], dtype=np.float32)
    np.testing.assert_array_equal(table, recorded_run.controls.astype(np.float32))
    stamps = [int(row[0].replace(".", "")) for row in rows]
    np.testing.assert_array_equal(stamps, recorded_run.streams[Part.CONTROLS].stamps)


def test_latency_is_that_of_publication_not_of_recording(ros, wait_until, recorder):
    process, out = recorder()
    commands = publisher(ros, wait_until, JointState, "joint_commands", QoSProfile(depth=10))
    took = []
    for _ in range(10):
        message = JointState(name=["jaw"], position=[0.1])
        before = time.time_ns()
        message.header.stamp = to_stamp(before - 50_000_000)
        commands.publish(message)
        took.append((time.time_ns() - before) * 1e-9)
    recorded(ros, wait_until, "joint_commands", 10)
    assert process.stop() == 0
    recorded_run = read_recorded_run(BagReader(out / "bag"))
    # There are no images: the frames are not known, so only the times are compared.
    stream = recorded_run.streams[Part.COMMANDS]
    latencies = (stream.times - stream.stamps) * 1e-9
    assert (latencies >= 0.05).all()
    # Counted from the publisher's side: the time until it is recorded plays no part.
    assert (latencies <= 0.05 + np.array(took)).all()


def on_disk(out: Path, topic: str) -> int:
    """Return how many messages of a topic the unfinished bag has on the disk."""
    return BagReader(out / "bag").counts.get(topic, 0)


def test_latched_messages_are_recorded_and_stay_latched(ros, wait_until, recorder):
    neutral = ros.publish(FaceLandmarks, "face/neutral", qos.LATCHED)
    heard = overheard(ros, FaceLandmarks, "face/neutral", qos.LATCHED)
    neutral.publish(FaceLandmarks(image_width=640, image_height=480, state=1))
    wait_until(lambda: heard, what="the neutral face")
    process, out = recorder()
    recorded(ros, wait_until, "face/neutral", 1)
    assert process.stop() == 0
    with Reader(out / "bag") as reader:
        (topic,) = [one for one in reader.connections if one.topic == "/face/neutral"]
        assert topic.ext.offered_qos_profiles[0].durability is QosDurability.TRANSIENT_LOCAL
        (read,) = reader.messages([topic])
    assert [bytes(read[2])] == heard


def test_under_simulated_time_the_bag_has_the_times_of_the_clock(ros, wait_until, recorder):
    process, out = recorder(parameters={"use_sim_time": True})
    clock = publisher(ros, wait_until, Clock, "/clock", QoSProfile(depth=1))
    values = publisher(ros, wait_until, ControlValues, "control_values")
    said = ros.collect(DiagnosticArray, "/diagnostics")

    def has_the_time() -> bool:
        clock.publish(Clock(clock=to_stamp(5_000_000_000)))
        ours = [one for one in said if one.status[0].name == "/recorder_node"]
        return any(one.header.stamp.sec == 5 for one in ours)

    wait_until(has_the_time, what="the recorder to have the clock's time")
    values.publish(control_values(0, 4_000_000_000))
    recorded(ros, wait_until, "control_values", 1)
    assert process.stop() == 0
    recorded_run = read_recorded_run(BagReader(out / "bag"))
    assert recorded_run.clock == ROS_CLOCK
    assert recorded_run.streams[Part.CONTROLS].times.tolist() == [5_000_000_000]


def test_what_comes_before_the_clock_gets_its_first_time(ros, wait_until, recorder):
    process, out = recorder(parameters={"use_sim_time": True})
    values = publisher(ros, wait_until, ControlValues, "control_values", QoSProfile(depth=10))
    clock = publisher(ros, wait_until, Clock, "/clock", QoSProfile(depth=1))

    def first_one_waits() -> bool:
        values.publish(control_values(0, 1))
        said = ros.diagnosis("recorder_node")
        return said is not None and "wait for a first time on /clock" in said.message

    wait_until(first_one_waits, what="a message that waits")

    def stamps() -> list[int]:
        return list(read_recorded_run(BagReader(out / "bag")).streams[Part.CONTROLS].stamps)

    def later_ones_are_recorded() -> bool:
        clock.publish(Clock(clock=to_stamp(7_000_000_000)))
        values.publish(control_values(1, 2))
        return 2 in stamps()

    wait_until(later_ones_are_recorded, what="messages on the disk")
    assert process.stop() == 0
    times = read_recorded_run(BagReader(out / "bag")).streams[Part.CONTROLS]
    assert set(times.times) == {7_000_000_000}
    assert times.stamps[0] == 1


def test_publishers_that_are_best_effort_are_heard(ros, wait_until, recorder):
    process, out = recorder()
    qos = QoSProfile(
        depth=1,
        reliability=ReliabilityPolicy.BEST_EFFORT,
        durability=DurabilityPolicy.VOLATILE,
    )
    values = publisher(ros, wait_until, ControlValues, "control_values", qos)
    sent = itertools.count()

    def some():
        # What is published before the recorder has found the publisher is lost to it.
        values.publish(control_values(next(sent)))
        return count_recorded(ros, "control_values") >= 5

    wait_until(some, what="five messages to be recorded")
    assert process.stop() == 0
    assert BagReader(out / "bag").counts["/control_values"] >= 5


def test_names_in_a_namespace_and_remapped_are_known_again(ros, wait_until, recorder):
    process, out = recorder(namespace="/left", remappings={"control_values": "/elsewhere"})
    values = publisher(ros, wait_until, ControlValues, "/elsewhere")
    values.publish(control_values(0))
    wait_until(lambda: on_disk(out, "/elsewhere") == 1, what="the message on the disk")
    assert process.stop() == 0
    reader = BagReader(out / "bag")
    assert reader.parts["/elsewhere"] is Part.CONTROLS
    assert reader.parts["/left/face"] is Part.FACE


def test_a_killed_recording_keeps_what_was_flushed(ros, wait_until, recorder_program):
    process, out = recorder_program()
    values = publisher(ros, wait_until, ControlValues, "control_values", QoSProfile(depth=COUNT))
    for index in range(COUNT):
        values.publish(control_values(index))
        time.sleep(0.002)
    recorded(ros, wait_until, "control_values", COUNT)
    wait_until(lambda: on_disk(out, "/control_values") == COUNT, what="all messages on the disk")
    table = out / "controls.csv"
    wait_until(
        lambda: len(table.read_text(encoding="utf-8").splitlines()) == 1 + COUNT,
        what="all rows on the disk",
    )
    process.stop(signal.SIGKILL)
    reader = BagReader(out / "bag")
    assert reader.counts["/control_values"] == COUNT
    assert any("was not finished" in issue for issue in reader.issues)
    assert len(read_recorded_run(reader).controls) == COUNT
    rows = (out / "controls.csv").read_text(encoding="utf-8").splitlines()
    assert len(rows) == 1 + COUNT


def test_a_full_disk_is_reported_and_recording_goes_on_when_there_is_room(
    ros, wait_until, recorder_program
):
    process, out = recorder_program()
    several = QoSProfile(depth=10)
    images = publisher(ros, wait_until, CompressedImage, "image_raw/compressed", several)
    values = publisher(ros, wait_until, ControlValues, "control_values", QoSProfile(depth=10))
    # A message that is sent before both have found each other may be lost.
    wait_until(
        lambda: values.publish(control_values(0)) or on_disk(out, "/control_values"),
        what="a message on the disk",
    )
    # No file of the process may grow beyond this.
    resource.prlimit(process.popen.pid, resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
    data = array.array("B", bytes(100_000))
    for _ in range(8):
        images.publish(CompressedImage(format="jpeg", data=data))
    recorded(ros, wait_until, "image_raw/compressed", 8)
    wait_until(
        lambda: ros.diagnosis("recorder_node").level == DiagnosticStatus.ERROR,
        what="an error on /diagnostics",
    )
    assert "cannot write" in ros.diagnosis("recorder_node").message
    wait_until(lambda: "as soon as there is room" in process.output, what="an error in the log")
    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    resource.prlimit(process.popen.pid, resource.RLIMIT_FSIZE, unlimited)
    before = count_recorded(ros, "control_values")
    values.publish(control_values(1))
    recorded(ros, wait_until, "control_values", before + 1)
    assert process.stop() == 0
    with Reader(out / "bag") as reader:
        counts = {one.topic: one.msgcount for one in reader.connections}
        assert sum(1 for _ in reader.messages()) == reader.message_count
    assert counts["/control_values"] == before + 1
    # They waited in memory.
    assert counts["/image_raw/compressed"] == 8


def test_a_recording_whose_writer_fails_is_finished_and_a_fault(
    ros, wait_until, tmp_path, monkeypatch
):
    node = RecorderNode(
        parameter_overrides=[
            Parameter("output", value=str(tmp_path / "out")),
            Parameter("flush_period", value=0.1),
        ]
    )
    ros.add(node)
    assert node.start()
    assert not node.finished
    monkeypatch.setattr(BagWriter, "flush", lambda _: 1 / 0)
    wait_until(lambda: node.finished, what="the writer's end")
    said = node.diagnosis()
    assert said.level is Level.ERROR
    assert "ZeroDivisionError" in said.message
    node.stop()
    assert "cannot deactivate cleanly: the recording has ended" in node.fault
    assert BagReader(tmp_path / "out" / "bag").issues == []


def test_what_shares_the_face_is_recorded_once_there_is_a_mixer(ros, wait_until, tmp_path):
    node = RecorderNode(parameter_overrides=[Parameter("output", value=str(tmp_path / "out"))])
    ros.add(node)
    assert node.start()
    layers = ros.publish(ControlLayer, "sources/idle")
    mixed = ros.publish(ControlValues, "mixer/control_values")
    values = publisher(ros, wait_until, ControlValues, "control_values")
    # Sources look for a listener to know whether there is a mixer.
    assert layers.get_subscription_count() == 0
    ros.publish(MixerState, "mixer/state", qos.LATCHED).publish(MixerState(live=["idle"]))

    def recorded_all():
        layers.publish(ControlLayer(mode=ControlLayer.ADD))
        mixed.publish(control_values(1))
        values.publish(control_values(0))
        parts = ("mixer/state", "sources/idle", "mixer/control_values", "control_values")
        said = node.diagnosis().values
        return all(said.get(f"{part} recorded") for part in parts)

    wait_until(recorded_all, what="a message of each topic")
    node.stop()
    reader = BagReader(tmp_path / "out")
    assert reader.issues == []
    (state,) = reader.messages_of([Part.MIXER_STATE])
    assert list(reader.decode(state).live) == ["idle"]
    assert reader.decode(next(reader.messages_of([Part.IDLE_LAYER]))).mode == ControlLayer.ADD
    mixed_values = reader.decode(next(reader.messages_of([Part.MIXED_CONTROLS]))).values
    np.testing.assert_array_equal(mixed_values, control_values(1).values)
    # The table is of what the robot gets, once the mixer is found.
    with (tmp_path / "out" / "controls.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))[1:]
    assert float(rows[-1][1]) == pytest.approx(float(control_values(1).values[0]))


def test_a_publisher_of_another_version_is_named_and_recorded_apart(
    ros, wait_until, tmp_path, monkeypatch
):
    other = "RIHS01_" + "5" * 64
    read = recorder_node.publishers

    def with_another_hash(node, topic):
        found = read(node, topic) or []
        for one in found:
            one.topic_type_hash = TypeHash(version=1, value=b"\x55" * 32)
        return found

    monkeypatch.setattr(recorder_node, "publishers", with_another_hash)
    node = RecorderNode(parameter_overrides=[Parameter("output", value=str(tmp_path / "out"))])
    ros.add(node)
    assert node.start()
    values = publisher(ros, wait_until, ControlValues, "control_values")
    values.publish(control_values(0))
    wait_until(lambda: node.diagnosis().values.get("control_values recorded"), what="a message")
    node.stop()
    reader = BagReader(tmp_path / "out")
    assert list(reader.messages(["/control_values"])) == []
    assert any("1 message " in one and other in one for one in reader.issues)


def test_a_recording_goes_on_in_another_file(ros, wait_until, recorder_program):
    process, out = recorder_program(max_bag_size=20_000)
    values = publisher(ros, wait_until, ControlValues, "control_values", QoSProfile(depth=10))
    files = []

    def goes_on():
        values.publish(control_values(len(files)))
        files[:] = (out / "bag").glob("*.mcap")
        return len(files) >= 3

    wait_until(goes_on, what="three files")
    assert process.stop() == 0
    with Reader(out / "bag") as reader:
        assert sum(1 for _ in reader.messages()) == reader.message_count


def test_an_earlier_recording_is_replaced_when_asked_for_and_there_is_a_new_one(
    ros, recorder, wait_until, tmp_path
):
    (tmp_path / "out" / "bag").mkdir(parents=True)
    old = tmp_path / "out" / "bag" / "old.mcap"
    old.write_bytes(b"precious")
    process, _ = recorder()
    wait_until(lambda: "exists already" in process.output, what="a refusal")
    assert "`overwrite`" in process.output
    assert old.read_bytes() == b"precious"
    process.stop()
    process, out = recorder(parameters={"overwrite": True})
    wait_until((out / "bag" / "bag_0.mcap").exists, what="a new recording")
    assert process.stop() == 0
    # Nothing was published: there is no new recording to keep.
    assert old.read_bytes() == b"precious"
    process, out = recorder(parameters={"overwrite": True})
    publisher(ros, wait_until, ControlValues, "control_values").publish(control_values(0))
    recorded(ros, wait_until, "control_values", 1)
    assert process.stop() == 0
    assert not old.exists()
    assert {one.name for one in out.iterdir()} == {"bag", "controls.csv"}


def test_a_table_alone_is_not_replaced_unasked(recorder, wait_until, tmp_path):
    table = tmp_path / "out" / "controls.csv"
    table.parent.mkdir()
    table.write_text("precious", encoding="utf-8")
    process, _ = recorder()
    wait_until(lambda: "controls.csv exists already" in process.output, what="a refusal")
    assert table.read_text(encoding="utf-8") == "precious"


def test_a_folder_with_other_files_is_never_deleted(recorder, wait_until, tmp_path):
    (tmp_path / "out" / "bag").mkdir(parents=True)
    (tmp_path / "out" / "bag" / "thesis.tex").write_text("all of it", encoding="utf-8")
    process, _ = recorder(parameters={"overwrite": True})
    wait_until(lambda: "it holds thesis.tex" in process.output, what="a refusal")
    assert (tmp_path / "out" / "bag" / "thesis.tex").exists()


def test_without_a_folder_it_refuses_to_configure(node_inside, wait_until):
    process = node_inside(RecorderNode)
    wait_until(lambda: "expected a folder to record to" in process.output, what="a refusal")
    assert process.running


def test_the_stamp_is_found_in_serialized_bytes():
    assert stamp_of(serialize_message(control_values(0, 123_456_789_012))) == 123_456_789_012
