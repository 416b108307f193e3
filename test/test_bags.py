# SPDX-License-Identifier: Apache-2.0
"""Bags round trip: recorded, played, evaluated; with the real nodes."""

import array
import os
import shutil
import signal
import subprocess

import numpy as np
import pytest
from mcap.exceptions import EndOfFile
from mcap.stream_reader import StreamReader
from rosbags.rosbag2 import Reader
from sensor_msgs.msg import CompressedImage, JointState

from x2c_bags.frames.recorded_run import read_recorded_run
from x2c_bags.reading.bag_reader import BagReader
from x2c_bags.schema.topics import Part
from x2c_bringup.graph.node_specs import build_graph
from x2c_bringup.graph.options import GraphOptions
from x2c_bringup.graph.replay import ReplayOptions, build_replay
from x2c_bringup.run.composed import ComposedGraph
from x2c_core.face.frames import FaceState
from x2c_core.robot.robot_file import load_robot
from x2c_evaluation.offline.recording.evaluate import EvaluationJob, evaluate
from x2c_evaluation.pipeline.settings import make_settings
from x2c_msgs.msg import ControlValues, FaceLandmarks
from x2c_node.conversion.headers import to_nanoseconds
from x2c_node.robots import find_robot

FRAMES = 75
"""Images in the performer's bag."""


@pytest.fixture
def replaying(performer_bag):
    """Play it in this process."""

    def start(**options):
        graph = GraphOptions(log_level="error", face=False)
        made = build_replay(graph, ReplayOptions(str(performer_bag), **options))
        return ComposedGraph((made.player, *made.nodes))

    return start


def error_offline(bag):
    """Return the control error of offline evaluation against what was recorded."""
    return evaluate(EvaluationJob("run", str(bag), make_settings())).result.figures.errors[
        "recorded"
    ]


@pytest.mark.ros
def test_what_is_replayed_is_what_offline_evaluation_gives(x2c_here, performer_bag, tmp_path):
    out = tmp_path / "again"
    done = x2c_here("replay", performer_bag, "--rate", 4, "--no-face", "--record", out)
    assert done.status == 0, done
    assert f"{FRAMES} images played (passes: 1), {FRAMES} examined" in done.output
    session = read_recorded_run(BagReader(out / "bag"))
    assert len(session.controls) == FRAMES
    assert session.clock == "ros"
    again = error_offline(out / "bag")
    # float32 in both: not one value differs by a bit.
    assert again.largest == 0.0
    assert again.frames > 40


def test_a_live_recording_evaluates_to_what_it_was(ros, wait_until, tmp_path):
    options = GraphOptions(
        filename="performer",
        # So that the tracker sees the very images that are recorded.
        image_transport="compressed",
        record=str(tmp_path / "out"),
        face=False,
        log_level="error",
    )
    frames = ros.collect(ControlValues, "/control_values", 100)
    with ComposedGraph(build_graph(options)) as graph:
        graph.start()
        wait_until(lambda: len(frames) >= FRAMES, what="control values")
    bag = tmp_path / "out" / "bag"
    session = read_recorded_run(BagReader(bag))
    error = error_offline(bag)
    assert error.frames > 40
    # On a busy machine nodes pass over images, which offline nobody does.
    every = len(session.controls) == len(session.streams[Part.CAMERA_IMAGE].stamps)
    assert error.largest == 0.0 if every else error.mean < 0.05


def test_in_a_loop_each_pass_is_as_good_as_the_first(ros, wait_until, replaying):
    faces = ros.collect(FaceLandmarks, "/face", 1000)
    values = ros.collect(ControlValues, "/control_values", 1000)
    commands = ros.collect(JointState, "/joint_commands", 1000)
    with replaying(rate=4.0, loop=True) as graph:
        graph.start()
        wait_until(lambda: len(values) > 3 * FRAMES + 5, what="three passes")
        said = graph.diagnoses()
    assert int(said["face_tracker_node"].values["jumps in time"]) >= 3
    assert int(said["imitation_node"].values["time jumps"]) >= 3
    assert all(one.state == int(FaceState.TRACKING) for one in faces)

    passes = split_where_stamps_go_back(faces)
    first = np.array([one.landmarks for one in passes[0]])
    for again in passes[1:3]:
        assert len(again) == FRAMES
        apart = np.abs(np.array([one.landmarks for one in again]) - first)
        # The face was looked for elsewhere than it was: a tenth of a pixel in the mean.
        assert apart.mean() < 0.5
        assert apart.max() < 10.0
    shown = np.array([one.values for one in values])
    assert np.isfinite(shown).all()
    velocity = np.array([joint.velocity for joint in load_robot(find_robot("virtual")).joints])
    steps = np.abs(np.diff(np.array([one.position for one in commands]), axis=0))
    # No command asks for more than the fastest motion in the longest step that is made up for.
    assert (steps <= 0.1 * velocity + 1e-9).all()


def split_where_stamps_go_back(messages):
    passes, last = [[]], 0
    for one in messages:
        stamp = to_nanoseconds(one.header.stamp)
        if stamp < last:
            passes.append([])
        passes[-1].append(one)
        last = stamp
    return passes


@pytest.mark.ros
def test_a_broken_bag_is_played_as_far_as_it_goes_and_the_exit_status_says_so(
    x2c_here, performer_bag, tmp_path
):
    broken = tmp_path / "broken.mcap"
    data = (performer_bag / "bag_0.mcap").read_bytes()
    broken.write_bytes(data[: len(data) // 2])
    done = x2c_here("replay", broken, "--rate", 10, "--no-face")
    assert done.status == 3, done
    assert "breaks off" in done.output
    assert "(passes: 1)" in done.output


@pytest.mark.parametrize(
    ("content", "said"), [(b"", "is empty"), (b"%PDF-1.4", "is no bag"), (None, "no bag at")]
)
def test_what_is_no_bag_is_refused(x2c_here, tmp_path, content, said):
    file = tmp_path / "x.mcap"
    if content is not None:
        file.write_bytes(content)
    done = x2c_here("replay", file)
    assert done.status == 2
    assert said in done.errors
    assert "Traceback" not in done.errors


def test_a_running_system_is_recorded_until_ctrl_c(x2c, ros, node_process, wait_until, tmp_path):
    out = tmp_path / "out"
    process = node_process(command=[*x2c, "record", "--out", out, "--max-size", "0.02"])
    process.wait_for(f"Recording to {out}")
    values = ros.publish(ControlValues, "/control_values")

    def recorded():
        values.publish(ControlValues())
        files = list((out / "bag").glob("*.mcap"))
        return "recording control_values" in process.output and len(files) >= 2

    wait_until(recorded, what="a recording of two files")
    assert process.stop(signal.SIGINT) == 0, process.output
    with Reader(out / "bag") as reader:
        counts = {topic: one.msgcount for topic, one in reader.topics.items()}
        assert len(list(reader.messages())) == sum(counts.values())
    (summary,) = (
        one.split()
        for one in process.output.splitlines()
        if one.endswith(" control_values") and one[:1] == " "
    )
    assert 0 < int(summary[0]) <= counts["/control_values"]


@pytest.mark.ros
def test_nobody_who_publishes_is_an_exit_status(x2c_here, tmp_path):
    done = x2c_here("record", "--out", tmp_path / "out", "--duration", 0.5)
    assert (done.status, done.errors) == (1, "")
    assert "no recorded topic had a publisher" in done.output


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 2 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    if mount is None or os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    words = [mount, "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder]
    if subprocess.run(words, capture_output=True, check=False, timeout=400).returncode:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True, timeout=400)


def test_what_fits_on_a_full_disk_is_readable(x2c, ros, node_process, wait_until, small_disk):
    out = small_disk / "out"
    process = node_process(command=[*x2c, "record", "--out", out])
    images = ros.publish(CompressedImage, "/image_raw/compressed")
    data = array.array("B", bytes(range(256)) * 200)

    def full():
        images.publish(CompressedImage(format="jpeg", data=data))
        return "No space left" in process.output

    wait_until(full, what="a full disk")
    process.stop(signal.SIGKILL)
    reader = BagReader(out / "bag")
    read = list(reader.messages_of((Part.CAMERA_IMAGE,)))
    assert len(read) >= 10
    assert all(record.data[-1] == 255 for record in read)
    # Whole chunks only: their checksums are right, and nothing breaks off inside a message.
    with (out / "bag" / "bag_0.mcap").open("rb") as stream, pytest.raises(EndOfFile):
        for _ in StreamReader(stream, validate_crcs=True).records:
            pass
