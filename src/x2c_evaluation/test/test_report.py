# SPDX-License-Identifier: Apache-2.0
import json
import math

import numpy as np
import pytest

from x2c_bags.frames.recorded_run import NodeState, read_recorded_run
from x2c_bags.reading.bag_reader import BagReader
from x2c_bags.recorder import ROS_CLOCK
from x2c_bags.schema.topics import Part
from x2c_evaluation.run_report import latency
from x2c_evaluation.run_report.latency import LatencyStage, measure
from x2c_evaluation.run_report.report import RunContext, make_report, to_json

CONTEXT = RunContext("virtual", "solver", "performer", "end of file")


@pytest.fixture
def recorded_run(tmp_path, make_bag):
    def read(**options):
        return read_recorded_run(BagReader(make_bag(tmp_path / "bag", **options)))

    return read


def test_a_run_is_counted(recorded_run):
    report = make_report(recorded_run(frames=30), CONTEXT, {})
    assert (report.frames_in, report.frames_examined, report.faces_found) == (30, 30, 27)
    assert report.face_share == pytest.approx(0.9)
    assert report.control_messages == report.joint_commands == report.joint_states == 30
    assert report.robot_images == 30
    assert report.duration_s == pytest.approx(29 / 30, abs=1e-3)
    assert report.rates_hz[Part.CONTROLS] == pytest.approx(30.0, abs=0.01)
    assert report.drops == {
        "camera to face": 0,
        "face to control values": 0,
        "control values to joint commands": 0,
    }
    assert report.warnings == ()


def test_latency_is_from_the_cameras_stamp_to_the_publication(recorded_run):
    measured = make_report(recorded_run(), CONTEXT, {}).latency_ms
    expected = {
        LatencyStage.END_TO_END: 10.0,
        LatencyStage.TRACKING: 7.0,
        LatencyStage.IMITATION: 2.0,
        LatencyStage.ACTUATION: 1.0,
        LatencyStage.ROBOT_IMAGE: 15.0,
    }
    assert {stage: one.p50 for stage, one in measured.items()} == pytest.approx(expected)
    assert {stage: one.max for stage, one in measured.items()} == pytest.approx(expected)


def test_frames_without_an_answer_are_drops_where_the_stage_was_running(recorded_run):
    report = make_report(recorded_run(frames=30, dropped={0, 1, 5, 6, 7, 29}), CONTEXT, {})
    assert report.drops["camera to face"] == 3
    assert report.drops["face to control values"] == 0
    assert report.frames_before_start == 2
    assert any("Dropped from camera to face: 3 of 30 frames" in one for one in report.warnings)


def test_latency_under_simulated_time_is_left_out(recorded_run):
    report = make_report(recorded_run(clock=ROS_CLOCK), CONTEXT, {})
    assert set(report.latency_ms.values()) == {None}
    assert any("Latency is left out" in one for one in report.warnings)


def test_only_the_first_answer_to_a_frame_counts(recorded_run):
    run = recorded_run()
    stream = run.streams[Part.COMMANDS]
    later = type(stream)(
        np.concatenate([stream.stamps, stream.stamps]),
        np.concatenate([stream.times, stream.times + 10**9]),
    )
    run.streams[Part.COMMANDS] = later
    assert latency.measure(run)[LatencyStage.END_TO_END].durations.max() == pytest.approx(0.010)


@pytest.mark.parametrize("part", list(Part))
def test_a_missing_topic_is_named_and_the_rest_is_reported(recorded_run, part):
    report = make_report(recorded_run(without={part}), CONTEXT, {})
    named = {
        Part.CAMERA_IMAGE: "camera images",
        Part.FACE: "faces",
        Part.CONTROLS: "control values",
        Part.COMMANDS: "joint commands",
        Part.JOINT_STATES: "joint states",
        Part.ROBOT_IMAGE: "images of the robot",
    }
    if part in named:
        assert f"Nothing was recorded of: {named[part]}." in report.warnings
    assert report.frames_in == 30
    json.loads(to_json(report))


def test_a_bag_without_messages_makes_a_report(recorded_run):
    report = make_report(recorded_run(frames=0), CONTEXT, {})
    assert report.frames_in == 0
    assert report.face_share is None
    assert "Nothing was recorded of: camera images" in report.warnings[0]
    json.loads(to_json(report))


def test_a_failed_run_says_why_first(recorded_run):
    context = RunContext("virtual", "solver", "x.mp4", "x.mp4 cannot be opened", failed=True)
    report = make_report(recorded_run(frames=0), context, {})
    assert report.warnings[0] == "The run failed: x.mp4 cannot be opened"


def test_errors_of_nodes_are_warnings_but_not_what_they_said_while_waiting(recorded_run):
    said = {(1, "waiting for images"): 2, (2, "the camera is gone"): 1}
    run = recorded_run(frames=2)
    run.nodes["/camera_node"] = NodeState(0, "well", {}, said, total=20)
    report = make_report(run, CONTEXT, {})
    assert report.warnings == ("/camera_node reported ERROR: the camera is gone",)


def test_json_is_strict(recorded_run):
    context = RunContext("virtual", "solver", "performer", "end", counters={"odd": math.nan})
    report = make_report(recorded_run(frames=3), context, {"x2c": None})
    content = json.loads(to_json(report), parse_constant=pytest.fail)
    assert content["run"]["counters"]["odd"] is None
    assert content["format"] == 1
    assert set(content["latency_ms"]["end_to_end"]) == {"count", "p50", "p99", "max"}
    assert content["latency_ms"]["end_to_end"]["p50"] == pytest.approx(10.0)


@pytest.mark.parametrize("clock", [ROS_CLOCK, "simulated"])
def test_no_latency_is_measured_where_times_are_not_those_of_publication(recorded_run, clock):
    assert measure(recorded_run(frames=5, clock=clock)) == {}
