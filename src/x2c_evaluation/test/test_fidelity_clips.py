# SPDX-License-Identifier: Apache-2.0
"""Clips are imitated offline: the same figures each time, a clear error where it cannot be."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from x2c_core.control_space import controls
from x2c_core.face.descriptors import Descriptor
from x2c_core.robot.robot_file import load_robot
from x2c_evaluation.fidelity import babble
from x2c_evaluation.fidelity.clips import SELF, FidelityJob, NeutralTiming, measure_clips
from x2c_evaluation.fidelity.measure import Link
from x2c_evaluation.fidelity.report.figure import write_figure
from x2c_evaluation.fidelity.report.mood_figure import write_mood_figure
from x2c_node.robots import find_robot

pytestmark = pytest.mark.slow

pytest.importorskip("mujoco")


@pytest.fixture(scope="module")
def robot():
    return load_robot(find_robot("virtual"))


def jobs(robot, *videos, calibration=NeutralTiming.BEFORE):
    return [FidelityJob(str(video), robot, "solver", calibration) for video in videos]


def measured(robot, *videos, processes=1):
    found = dict(measure_clips(jobs(robot, *videos), processes, lambda place, done: None))
    return [found[place] for place in range(len(videos))]


def for_seconds(patch, duration):
    """Let the robot show expressions for some seconds, after a short rest."""
    patch.setattr(babble, "_REST", 1.0)
    patch.setattr(babble, "DURATION", duration)


def write_video(path, images):
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), 30.0, (256, 256))
    for image in images:
        writer.write(image)
    writer.release()
    return path


@pytest.fixture(scope="module")
def clip_file(robot, tmp_path_factory):
    """A few seconds of a robot as a person."""
    with pytest.MonkeyPatch.context() as patch:
        for_seconds(patch, 2.0)
        images = list(babble.Babbler(robot, 3).images())
    return write_video(tmp_path_factory.mktemp("clip") / "robot.mp4", images)


@pytest.fixture(scope="module")
def clip(robot, clip_file):
    """What is measured of the clip in this process."""
    (found,) = measured(robot, clip_file)
    return found


@pytest.fixture(scope="module")
def apart(robot, clip_file, tmp_path_factory):
    """What two processes say of the clip twice, and of four videos that cannot be measured."""
    folder = tmp_path_factory.mktemp("videos")
    no_video = folder / "notes.mp4"
    no_video.write_text("not a video")
    grey = np.full((256, 256, 3), 128, np.uint8)
    no_face = write_video(folder / "grey.mp4", [grey] * 40)
    capture = cv2.VideoCapture(str(clip_file))
    short = write_video(folder / "short.mp4", [capture.read()[1] for _ in range(12)])
    # A process begins with the first clip, the other one comes to the second after all the rest.
    videos = (clip_file, folder / "none.mp4", no_video, no_face, short, clip_file)
    return measured(robot, *videos, processes=2)


def test_the_robot_imitates_itself_well_and_its_face_is_known(robot, monkeypatch):
    for_seconds(monkeypatch, 3.4)
    (clip,) = measured(robot, SELF)
    assert clip.performance.truth.shape == clip.performance.seen.shape
    assert clip.mean_r > 0.6
    assert clip.measured[Descriptor.MOUTH_OPENING].agreement.r > 0.8
    assert clip.measured[Descriptor.MOUTH_OPENING].links[Link.SIGHT] > 0.8


def test_figures_are_the_same_each_time_and_in_any_process(apart, clip):
    once, *_, again = apart
    for other in (again, clip):
        np.testing.assert_array_equal(once.performance.person, other.performance.person)
        np.testing.assert_array_equal(once.performance.seen, other.performance.seen)
        assert once.measured == other.measured


def test_curves_and_images_are_drawn(clip, tmp_path):
    write_figure(clip, tmp_path / "curves.png")
    assert cv2.imread(str(tmp_path / "curves.png")).std() > 5.0
    write_mood_figure(clip, tmp_path / "mood.png")
    assert cv2.imread(str(tmp_path / "mood.png")).std() > 5.0
    assert clip.performance.image.shape[1] == 10 * 192


def test_what_cannot_be_measured_says_why_and_the_rest_is(apart):
    _, none, no_video, no_face, short, clip = apart
    assert "no file" in none
    assert "not a video" in no_video
    assert "no face was found in any of 40 images" in no_face
    assert "at least 1 s" in short
    assert clip.mean_r is not None


def test_a_source_that_never_ends_is_refused(robot, tmp_path):
    image = tmp_path / "one.png"
    cv2.imwrite(str(image), np.full((64, 64, 3), 128, np.uint8))
    assert "never ends; expected a video" in measured(robot, image)[0]


def test_an_unknown_backend_is_refused_with_the_known_ones(robot, clip_file):
    job = FidelityJob(str(clip_file), robot, "magic", NeutralTiming.LIVE)
    ((_, reason),) = measure_clips([job], 1, lambda place, done: None)
    assert "solver" in reason


def test_expressions_are_reproducible_start_neutral_and_stay_in_range():
    values = babble.expressions(5)
    np.testing.assert_array_equal(values, babble.expressions(5))
    assert not np.array_equal(values, babble.expressions(6))
    np.testing.assert_allclose(values[0], controls.NEUTRAL)
    assert (values >= controls.DEPLOYMENT_MINIMUM).all()
    assert (values <= controls.DEPLOYMENT_MAXIMUM).all()
    assert np.abs(np.diff(values, axis=0)).max() < 1.0
