# SPDX-License-Identifier: Apache-2.0
"""Images become control values in a program without ROS, and no misuse is silent."""

from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from x2c_bringup.errors import ImitationUseError
from x2c_bringup.imitation import Imitation
from x2c_core.control_space import controls
from x2c_core.errors import RobotError
from x2c_core.face.frames import ControlState, FaceState
from x2c_core.system.registry import RegistryError
from x2c_imitation.errors import ImitationError
from x2c_perception.performer import performer_video
from x2c_perception.tracking_stage import TrackingSettings

PERIOD = 1.0 / 30.0
EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "solver_without_ros.py"


@pytest.fixture(scope="module")
def images():
    """Return the performer's first two seconds."""
    video = cv2.VideoCapture(str(performer_video()))
    read = [video.read()[1] for _ in range(60)]
    video.release()
    return read


@pytest.fixture
def imitation():
    with Imitation() as made:
        yield made


@pytest.mark.slow
def test_a_person_is_imitated_from_the_second_image_on(imitation, images):
    results = [imitation(image, k * PERIOD) for k, image in enumerate(images)]
    assert results[0].state is ControlState.NEUTRAL
    assert {one.state for one in results[1:]} == {ControlState.TRACKING}
    assert results[-1].calibrated
    assert results[-1].state is ControlState.TRACKING
    assert not any(one.jumped for one in results)
    assert results[-1].by_name()["Jaw Pitch"] == results[-1].values[controls.index("Jaw Pitch")]


@pytest.mark.slow
def test_values_are_those_of_offline_evaluation_to_the_last_bit(imitation, images):
    from x2c_bags.frames.frame_source import Frame
    from x2c_evaluation.pipeline.offline_pipeline import OfflinePipeline
    from x2c_evaluation.pipeline.settings import default_settings

    offline = OfflinePipeline(default_settings(imitation.robot, "solver"), imitation.robot)
    try:
        for k, image in enumerate(images):
            stamp = round(k * PERIOD * 1e9)
            expected = offline.follow(Frame(k, stamp, stamp, image)).frame
            found = imitation(image, k * PERIOD)
            assert found.values.tolist() == expected.values.tolist()
            assert found.state is expected.state
    finally:
        offline.close()


@pytest.mark.slow
def test_a_video_that_starts_again_is_imitated_again(imitation, images):
    results = [imitation(image, k * PERIOD) for k, image in enumerate([*images, *images])]
    again = [imitation(image, k * PERIOD) for k, image in enumerate(images)]
    assert results[-1].state is ControlState.TRACKING
    assert again[0].jumped
    assert again[-1].state is ControlState.TRACKING
    # What is shown stays where it was at the jump.
    assert np.abs(again[0].values - results[-1].values).max() < 0.05


@pytest.mark.slow
def test_with_a_known_neutral_face_the_first_image_counts(images):
    with Imitation() as watching:
        neutral = watching(images[0], 0.0).face
    assert neutral.state is FaceState.TRACKING
    with Imitation(neutral=neutral) as known:
        assert known(images[0], 5.0).state is ControlState.TRACKING


def grey(shape=(48, 64, 3), dtype=np.uint8):
    return np.full(shape, 128, dtype)


@pytest.mark.parametrize(
    ("image", "stamp", "text"),
    [
        (grey((48, 64)), 1.0, r"image: expected .*, got \(48, 64\) uint8"),
        (grey((48, 64, 4)), 1.0, r"image: expected .*, got \(48, 64, 4\)"),
        (grey((0, 64, 3)), 1.0, r"image: expected .*, got \(0, 64, 3\)"),
        (grey(dtype=np.float32), 1.0, r"image: expected .* uint8 BGR, got .* float32"),
        (None, 1.0, r"image: expected .*, got NoneType"),
        (grey(), float("nan"), r"stamp: expected a time in seconds, got nan"),
        (grey(), "1.0", r"stamp: expected a time in seconds, got '1.0'"),
        (grey(), 1_700_000_000_000_000_000, r"stamp: expected a time in seconds, got 17"),
        (grey(), 0.5, r"stamp: expected a time after the last one, got 0.5 again"),
    ],
)
def test_misuse_is_refused_in_one_sentence_and_the_next_image_counts(
    imitation, image, stamp, text
):
    imitation(grey(), 0.5)
    with pytest.raises(ImitationUseError, match=text):
        imitation(image, stamp)
    assert imitation(grey(), 0.6).state is ControlState.NEUTRAL


def test_stamps_in_another_unit_are_noticed(imitation):
    milliseconds = [number * 1000.0 / 30.0 for number in range(4)]
    for stamp in milliseconds[:3]:
        imitation(grey(), stamp)
    with pytest.raises(ImitationUseError, match=r"steps of more than 5 s in a row.*seconds"):
        imitation(grey(), milliseconds[3])


def test_one_long_pause_is_no_misuse(imitation):
    stamps = (0.0, 0.1, 100.0, 100.1, 200.0, 200.1)
    jumped = [imitation(grey(), one).jumped for one in stamps]
    assert jumped == [False, False, True, False, True, False]


def test_a_closed_one_says_so(imitation):
    imitation.close()
    with pytest.raises(ImitationUseError, match="closed: make a new one"):
        imitation(grey(), 1.0)


def test_settings_with_which_no_person_could_be_imitated_are_refused():
    with pytest.raises(ImitationUseError, match="no person could ever be imitated"):
        Imitation(tracking=TrackingSettings(automatic_calibration=False))


@pytest.mark.slow
def test_the_neutral_face_of_a_named_person_is_saved_and_found_again(
    images, tmp_path, monkeypatch
):
    monkeypatch.setenv("ROS_HOME", str(tmp_path))
    only_saved = TrackingSettings(person="anna", automatic_calibration=False)
    with pytest.raises(ImitationUseError, match="no neutral face of 'anna' is saved"):
        Imitation(tracking=only_saved)
    with Imitation(tracking=TrackingSettings(person="anna")) as first:
        # Long enough to be saved.
        for k in range(90):
            first(images[0], k * PERIOD)
    with Imitation(tracking=only_saved) as again:
        assert again(images[0], 0.0).calibrated


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"robot": "no_such_robot"}, RobotError),
        ({"backend": "magic"}, RegistryError),
        ({"options": {"prior": 1.0}}, ImitationError),
    ],
)
def test_what_cannot_be_made_is_refused(arguments, error):
    with pytest.raises(error):
        Imitation(**arguments)


@pytest.mark.slow
@pytest.mark.process
def test_the_example_runs_without_ros(tmp_path, images):
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 30.0, (640, 480))
    for image in itertools.islice(images, 40):
        writer.write(image)
    writer.release()
    # Any import of ROS ends it.
    program = f"""
import runpy, sys
sys.modules["rclpy"] = None
sys.argv = ["solver_without_ros.py", {str(path)!r}]
runpy.run_path({str(EXAMPLE)!r}, run_name="__main__")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=400
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 40
    assert "NEUTRAL" in lines[0]
    assert "TRACKING: Jaw Pitch" in lines[-1]
