# SPDX-License-Identifier: Apache-2.0
"""The whole graph in one process, on parts of the built-in performer, judged by its script."""

import contextlib
import csv
import io
import json

import av
import cv2
import numpy as np
import pytest
from rosbags.rosbag2 import Reader

from x2c_cli import cli
from x2c_core.control_space import controls
from x2c_evaluation.run_report import redrawing
from x2c_perception.performer import performer_truth, performer_video

RATE = 30.0
SHOWN = (*range(44), *range(134, 219), *range(278, 363))
"""Images of the performer: at rest, winks and brows up, a frown and an open mouth."""

pytestmark = [pytest.mark.ros, pytest.mark.slow]


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    """Folder of the demo's results."""
    return tmp_path_factory.mktemp("demo") / "out"


@pytest.fixture(scope="module")
def ended(out):
    """Exit status of a demo, and what it said."""
    clip = out.parent / "clip.mp4"
    film = cv2.VideoCapture(str(performer_video()))
    writer = cv2.VideoWriter(str(clip), cv2.VideoWriter_fourcc(*"mp4v"), RATE, (640, 480))
    for index in range(max(SHOWN) + 1):
        assert film.grab()
        if index in SHOWN:
            writer.write(film.retrieve()[1])
    writer.release()
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(io.StringIO()) as said,
        contextlib.redirect_stderr(said),
    ):
        # How the robot looks in the film is no question here.
        patch.setattr(redrawing, "SIZE", 64)
        with pytest.raises(SystemExit) as end:
            cli.main(["demo", "--video", str(clip), "--out", str(out)])
    return end.value.code, said.getvalue()


@pytest.fixture(scope="module")
def report(ended, out):
    return json.loads((out / "report.json").read_text())


@pytest.fixture(scope="module")
def table(ended, out):
    """Time [s] since the first camera image, and values, by control."""
    with (out / "controls.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    columns = {name: np.array([float(row[name]) for row in rows]) for name in controls.NAMES}
    return columns | {"stamp": np.array([float(row["stamp"]) for row in rows])}


@pytest.fixture(scope="module")
def bag(ended, out):
    """Number of messages by topic, and the time of each camera image [s]."""
    with Reader(out / "bag") as reader:
        counts = {one.topic: one.msgcount for one in reader.connections}
        images = [one for one in reader.connections if one.topic == "/image_raw/compressed"]
        times = [time for _, time, _ in reader.messages(connections=images)]
    return counts, np.array(times) * 1e-9


@pytest.fixture(scope="module")
def shown():
    """What each image shows, by channel of the performer."""
    return {name: values[[*SHOWN]] for name, values in performer_truth().channels.items()}


def seen_at(table, bag, name, places):
    """Values of a control at images of the video, of which every one was published."""
    published = np.interp(places, np.arange(len(bag[1])), bag[1])
    return np.interp(published, table["stamp"], table[name])


def test_the_demo_ends_well(ended, out):
    status, said = ended
    assert status == 0, said
    assert f"Results in {out}" in said.replace("\n", "")


def test_everything_promised_is_there(ended, out):
    names = {"imitation.mp4", "poster.jpg", "controls.csv", "bag", "report.json", "report.png"}
    assert {path.name for path in out.iterdir()} == names


def test_the_report_counts_what_is_there(report, table, bag):
    counts, _ = bag
    assert report["run"]["failed"] is False
    assert report["frames_in"] == counts["/image_raw/compressed"] > 200
    assert report["face_share"] >= 0.98
    assert report["control_messages"] == counts["/control_values"] == len(table["stamp"])
    assert report["joint_commands"] == counts["/joint_commands"] > 0
    assert report["latency_ms"]["end_to_end"]["p50"] > 0.0


def test_the_first_frames_of_a_video_are_not_lost(report):
    assert report["run"]["counters"]["images_sent"] - report["frames_in"] <= 2


def test_all_values_are_in_range(table):
    for control in controls.CONTROLS:
        values = table[control.name]
        assert values.min() >= control.minimum - 1e-6
        assert values.max() <= control.maximum + 1e-6


def test_the_mouth_opens_when_the_script_says_so(table, bag, shown):
    opened = shown["mouth_open"]
    jaw = 1.0 - seen_at(table, bag, "Jaw Pitch", np.arange(len(opened)))
    assert max(_correlation(opened, np.roll(jaw, -lag)) for lag in range(10)) > 0.7


@pytest.mark.parametrize(("side", "other"), [("Left", "Right"), ("Right", "Left")])
def test_winks_are_on_the_side_of_the_wink(table, bag, shown, side, other):
    closed, open_eye = (shown[f"eye_closed_{one.lower()}"] for one in (side, other))
    (places,) = np.nonzero((closed > 0.9) & (open_eye < 0.1))
    # As shares of the way, since upstream's neutral lids sit at different heights.
    lids = {
        name: _deflection(
            f"Eyelid Upper {name}", seen_at(table, bag, f"Eyelid Upper {name}", late)
        )
        for late in [places + 0.1 * RATE]
        for name in (side, other)
    }
    assert np.median(lids[side]) < np.median(lids[other]) - 0.15


def test_the_film_shows_every_image(out, report):
    with av.open(str(out / "imitation.mp4")) as film:
        frames = sum(1 for _ in film.decode(video=0))
    assert frames >= 0.9 * report["frames_in"]


def _correlation(a, b):
    return float(np.corrcoef(a, b)[0, 1])


def _deflection(name, values):
    vectors = np.tile(controls.NEUTRAL, (len(values), 1))
    vectors[:, controls.index(name)] = values
    return np.array([controls.to_deflection(one)[controls.index(name)] for one in vectors])
