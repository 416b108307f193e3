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


@pytest.fixture
def earlier(tmp_path):
    """The folder of a demo that went well, by its content; the user keeps notes in it."""
    for name in ("imitation.mp4", "controls.csv", "report.json", "bag/bag_0.mcap", "notes.txt"):
        file = tmp_path / "out" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"earlier {name}")
    return content(tmp_path / "out")


def content(folder):
    files = (one for one in folder.rglob("*") if one.is_file())
    return {str(one.relative_to(folder)): one.read_bytes() for one in files}


def test_a_missing_video_is_named_and_nothing_is_written(demo, tmp_path):
    video = tmp_path / "missing.mp4"
    done = demo(tmp_path / "out", "--video", str(video))
    assert done.status == 2
    assert f"there is no video {video}" in done.errors
    assert "Traceback" not in done.errors
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "words",
    [("--video", "nope.mp4"), ("--robot", "hal"), ("--backend", "crystal-ball")],
    ids=lambda words: words[0],
)
def test_a_typo_leaves_earlier_results_as_they_were(demo, tmp_path, earlier, words):
    assert demo(tmp_path / "out", *words).status == 2
    assert content(tmp_path / "out") == earlier


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


def test_a_video_without_a_face_fails_and_replaces_nothing(demo, tmp_path, earlier):
    video = tmp_path / "noise.mp4"
    random = np.random.default_rng(0)
    write_video(video, (random.integers(0, 255, (240, 320, 3), np.uint8) for _ in range(45)))
    done = demo(tmp_path / "out", "--video", str(video))
    assert done.status == 1
    assert "error: no face was found in any of" in done.errors
    found = content(tmp_path / "out")
    assert {name: found.pop(name) for name in earlier} == earlier
    assert all(name.startswith("failed/") for name in found)
    report = json.loads(found["failed/report.json"])
    assert report["faces_found"] == 0
    assert report["run"]["failed"] is True


def test_an_unknown_robot_is_refused_with_the_known_ones(demo, tmp_path):
    done = demo(tmp_path / "out", "--robot", "hal")
    assert done.status == 2
    assert "unknown robot 'hal'; installed robots: " in done.errors


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
