# SPDX-License-Identifier: Apache-2.0
"""Demos that cannot succeed end with a clear message, an exit status and a report."""

import json

import av
import numpy as np
import pytest


def write_video(path, images):
    with av.open(str(path), "w") as file:
        stream = file.add_stream("mpeg4", rate=30)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for image in images:
            file.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        file.mux(stream.encode())


def report_of(done):
    return json.loads((done.out / "report.json").read_text())


def test_a_missing_video_is_named(demo, tmp_path):
    video = tmp_path / "missing.mp4"
    done = demo(tmp_path / "out", "--video", str(video))
    assert done.status == 2
    assert f"error: camera_node cannot configure: there is no file {video}" in done.errors
    assert "Traceback" not in done.errors
    assert report_of(done)["run"]["failed"] is True
    assert str(video) in report_of(done)["run"]["exit_reason"]


@pytest.mark.parametrize(
    ("content", "reason"), [("this is no video\n" * 99, "video"), ("", "empty")]
)
def test_a_file_that_is_no_video_is_refused(demo, tmp_path, content, reason):
    video = tmp_path / "notes.mp4"
    video.write_text(content)
    done = demo(tmp_path / "out", "--video", str(video))
    assert done.status == 2
    assert str(video) in done.errors
    assert reason in done.errors
    assert "Traceback" not in done.errors
    assert report_of(done)["run"]["failed"] is True


def test_a_video_without_a_face_fails_when_it_has_ended(demo, tmp_path):
    video = tmp_path / "noise.mp4"
    random = np.random.default_rng(0)
    write_video(video, (random.integers(0, 255, (240, 320, 3), np.uint8) for _ in range(45)))
    done = demo(tmp_path / "out", "--video", str(video))
    assert done.status == 1
    assert "error: no face was found in any of" in done.errors
    assert report_of(done)["faces_found"] == 0
    assert report_of(done)["run"]["failed"] is True


def test_an_unknown_robot_is_refused_with_the_known_ones(demo, tmp_path):
    done = demo(tmp_path / "out", "--robot", "hal")
    assert done.status == 2
    assert "unknown robot 'hal'; installed robots: " in done.errors
    assert report_of(done)["run"]["failed"] is True


def test_parameters_that_are_no_yaml_are_refused(demo, tmp_path):
    params = tmp_path / "p.yaml"
    params.write_text("{{{")
    done = demo(tmp_path / "out", "--params", str(params))
    assert done.status == 2
    assert str(params) in done.errors
    assert "Traceback" not in done.errors


def test_a_bag_with_other_things_in_it_is_not_replaced(demo, tmp_path):
    thesis = tmp_path / "out" / "bag" / "thesis.tex"
    thesis.parent.mkdir(parents=True)
    thesis.write_text("precious")
    done = demo(tmp_path / "out")
    assert done.status == 2
    assert "thesis.tex" in done.errors
    assert thesis.read_text() == "precious"


def test_a_video_that_is_an_earlier_result_is_not_destroyed(demo, tmp_path):
    film = tmp_path / "imitation.mp4"
    film.write_bytes(b"film")
    done = demo(tmp_path, "--video", str(film))
    assert done.status == 2
    assert "choose another folder" in done.errors
    assert film.read_bytes() == b"film"
