# SPDX-License-Identifier: Apache-2.0
import contextlib
import io
import json
import os
import shutil

import cv2
import numpy as np
import pytest
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

from x2c_cli.cli import main
from x2c_evaluation.offline.tracking.tracking_process import TrackingProcess
from x2c_perception.cameras.choice import choose_source

pytestmark = pytest.mark.slow

START = 1_700_000_000_000_000_000
PERIOD = 33_333_333
IMAGE = "sensor_msgs/msg/CompressedImage"


def call(*arguments):
    with pytest.raises(SystemExit) as end:
        main([str(one) for one in arguments])
    return end.value.code


@pytest.fixture(scope="module")
def images():
    with choose_source("", "performer") as source:
        return [source.read() for _ in range(15)]


@pytest.fixture(scope="module")
def video(tmp_path_factory, images):
    path = tmp_path_factory.mktemp("video") / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 30.0, (640, 480))
    for image in images:
        writer.write(image)
    writer.release()
    return path


@pytest.fixture(scope="module")
def written_bag(tmp_path_factory, images):
    folder = tmp_path_factory.mktemp("bag") / "bag"
    store = get_typestore(Stores.ROS2_KILTED)
    types = store.types
    with Writer(folder, version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        topics = ("/left/image_raw/compressed", "/right/image_raw/compressed")
        connections = [writer.add_connection(one, IMAGE, typestore=store) for one in topics]
        for index, image in enumerate(images):
            stamp = START + index * PERIOD
            time = types["builtin_interfaces/msg/Time"](sec=stamp // 10**9, nanosec=stamp % 10**9)
            header = types["std_msgs/msg/Header"](stamp=time, frame_id="")
            data = np.asarray(cv2.imencode(".png", image)[1]).ravel()
            message = types[IMAGE](header=header, format="png", data=data)
            for connection in connections:
                writer.write(connection, stamp, store.serialize_cdr(message, IMAGE))
    return folder


@pytest.fixture
def bag(tmp_path, written_bag):
    return shutil.copytree(written_bag, tmp_path / "bag")


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory, video):
    """Results of the video, with what the command said; not to be written to."""
    out = tmp_path_factory.mktemp("evaluated") / "out"
    with contextlib.redirect_stdout(io.StringIO()) as said:
        assert call("evaluate", video, "--out", out) == 0
    return out, said.getvalue()


@pytest.fixture
def out(tmp_path, evaluated):
    """Results of the video."""
    return shutil.copytree(evaluated[0], tmp_path / "out")


def test_what_is_whole_ends_with_0_and_is_compared_by_thresholds(
    tmp_path, video, evaluated, out, capsys
):
    assert "1 evaluated" in evaluated[1]
    assert call("evaluate", video, "--out", out) == 0
    assert "0 evaluated, 1 kept" in capsys.readouterr().out
    page = tmp_path / "comparison.html"
    assert call("compare", out, out, "--fail-above", "difference=0.01", "--out", page) == 0
    assert page.is_file()
    assert call("compare", out, out, "--fail-below", "face_share=+1%") == 1
    assert "failed: face_share" in capsys.readouterr().out
    assert call("compare", out, tmp_path) == 2
    assert call("compare", out, out, "--fail-above", "nothing=1") == 2


def test_no_process_gets_ready_for_nothing(tmp_path, video, out, monkeypatch):
    ready = []
    monkeypatch.setattr(TrackingProcess, "get_ready", lambda process: ready.append(process))
    assert call("evaluate", video, "--out", out) == 0
    assert call("evaluate", video, tmp_path / "gone", "--out", tmp_path / "other") == 2
    assert call("evaluate", tmp_path / "gone", "--out", tmp_path / "other") == 2
    assert ready == []
    (tmp_path / "broken.mp4").write_text("no video", encoding="utf-8")
    assert call("evaluate", tmp_path / "broken.mp4", "--out", tmp_path / "other") == 1
    assert len(ready) == (len(os.sched_getaffinity(0)) > 1)


def test_a_recording_that_cannot_be_evaluated_ends_with_1_and_spoils_no_other(
    tmp_path, video, capsys
):
    broken = tmp_path / "broken.mp4"
    broken.write_text("no video", encoding="utf-8")
    assert call("evaluate", broken, video, "--out", tmp_path / "out", "--jobs", 1) == 1
    said = capsys.readouterr().out
    assert "failed: broken" in said
    assert "1 evaluated, 1 failed; results: " in said
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert [bool(one["failed"]) for one in report["recordings"]] == [True, False]


def test_where_nothing_can_be_evaluated_earlier_results_stay(tmp_path, video, out, capsys):
    before = {one: one.read_bytes() for one in out.rglob("*") if one.is_file()}
    # Of the same name, so that its result would take the place of the good one.
    broken = tmp_path / "broken" / video.name
    broken.parent.mkdir()
    broken.write_text("no video", encoding="utf-8")
    assert call("evaluate", broken, "--out", out, "--jobs", 1) == 1
    said = capsys.readouterr().out
    assert f"failed: {video.stem}" in said
    assert f"0 evaluated, 1 failed; the earlier results stay: {out / 'report.html'}" in said
    assert {one: one.read_bytes() for one in out.rglob("*") if one.is_file()} == before


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["gone.mp4"], "there is no recording gone.mp4"),
        (["{video}", "--backend", "magic"], "unknown imitation backend 'magic'"),
        (["{video}", "--robot", "nobody"], "unknown robot 'nobody'"),
        (["{video}", "--against", "gone.csv"], "there is no reference gone.csv"),
        (["{video}", "--params", "gone.yaml"], "cannot read the parameter file"),
        (["{bag}"], "choose one with --topic"),
    ],
)
def test_what_cannot_be_begun_is_refused_with_2(tmp_path, video, bag, capsys, arguments, reason):
    words = [one.format(video=video, bag=bag) for one in arguments]
    assert call("evaluate", *words, "--out", tmp_path / "out") == 2
    assert reason in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_one_of_several_cameras_is_chosen_and_a_damaged_bag_ends_with_3(tmp_path, bag, capsys):
    out = tmp_path / "out"
    assert call("evaluate", bag, "--topic", "right/image_raw/compressed", "--out", out) == 0
    file = next(bag.glob("*.mcap"))
    data = file.read_bytes()
    file.write_bytes(data[: len(data) * 3 // 4])
    assert call("evaluate", file, "--topic", "/right/image_raw/compressed", "--out", out) == 3
    assert "not read:" in capsys.readouterr().out


def test_parameters_change_what_comes_out(tmp_path, video, out):
    file = tmp_path / "params.yaml"
    file.write_text(
        "/**/face_tracker_node:\n  ros__parameters:\n    smoothing: false\n", encoding="utf-8"
    )
    assert call("evaluate", video, "--out", tmp_path / "b", "--params", file) == 0
    assert call("compare", out, tmp_path / "b", "--fail-above", "difference=0") == 1
    content = json.loads((tmp_path / "b" / "report.json").read_text(encoding="utf-8"))
    assert content["settings"]["tracking"] == {"smoothing": False}


def test_recordings_where_results_would_go_are_left_alone(tmp_path, bag, capsys):
    recordings = tmp_path / "home" / "recordings"
    recordings.mkdir(parents=True)
    mine = bag.rename(recordings / "bag")
    before = sorted((tmp_path / "home").rglob("*"))
    topic = "/left/image_raw/compressed"
    assert call("evaluate", mine, "--topic", topic, "--out", tmp_path / "home") == 2
    assert "choose another --out" in capsys.readouterr().err
    assert sorted((tmp_path / "home").rglob("*")) == before
