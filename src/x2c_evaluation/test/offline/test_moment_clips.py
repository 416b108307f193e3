# SPDX-License-Identifier: Apache-2.0
"""Clips around the moments that matter most: which, how long, and what is in them."""

import io

import av
import numpy as np
import pytest

from x2c_core.control_space import controls
from x2c_core.images import theme
from x2c_evaluation.offline.recording.evaluate import evaluate
from x2c_evaluation.offline.recording.job import EvaluationJob
from x2c_evaluation.offline.results.key_frames import choose_key_frames
from x2c_evaluation.offline.visuals.curve_panel import ControlCurve, CurvePanel
from x2c_evaluation.offline.visuals.moment_clip import MOST_CLIPS, choose_clips
from x2c_evaluation.pipeline.frame_curves import FrameCurves

JAW = controls.index("Jaw Pitch")


def recorded(count, rate, strengths):
    """Curves of a recording whose jaw opens at some frames, by a share."""
    values = np.tile(controls.NEUTRAL, (count, 1))
    for frame, strength in strengths.items():
        values[frame, JAW] = 1.0 - strength
    ones = np.ones(count, dtype=np.int64)
    numbers = np.ones(count)
    stamps = np.round(np.arange(count) / rate * 1e9).astype(np.int64)
    return FrameCurves(
        np.arange(count), stamps, ones, ones, numbers, numbers, np.zeros((count, 17)), values, ones
    )


def clips(curves, most=MOST_CLIPS):
    return choose_clips(choose_key_frames(curves), curves, most)


def test_the_strongest_moments_have_clips_that_do_not_show_the_same_twice():
    curves = recorded(300, 30.0, {60: 0.9, 90: 0.8, 200: 0.5, 290: 0.3})
    found = clips(curves, 3)
    # 90 is in the clip of 60.
    assert [clip.key.frame for clip in found] == [60, 200, 290]
    assert [clip.key.worst[0] for clip in found] == [JAW] * 3
    assert clips(curves, 0) == []


@pytest.mark.parametrize(("rate", "expected"), [(10.0, 10.0), (30.0, 15.0), (60.0, 20.0)])
def test_a_clip_has_two_seconds_at_a_bounded_rate_and_the_moment_itself(rate, expected):
    curves = recorded(int(rate) * 6, rate, {int(rate) * 3: 0.9})
    clip = clips(curves)[0]
    times = curves.times[list(clip.places)]
    assert times[-1] - times[0] == pytest.approx(2.0, abs=2.5 / expected)
    assert np.diff(times) == pytest.approx(1.0 / expected)
    assert clip.key.place in clip.places


def test_a_recording_of_a_few_frames_has_no_clip():
    assert clips(recorded(3, 30.0, {1: 0.9})) == []


def test_a_gap_in_a_curve_stays_one():
    values = np.array([0.0, 1.0, np.nan, 1.0, 0.0])
    curve = ControlCurve("own", values, theme.TEXT)
    panel = np.zeros((100, 200, 3), dtype=np.uint8)
    CurvePanel(200, 100, JAW, np.arange(5.0), [curve]).draw(panel, 0.0, 0.0, 4.0)
    bright = (panel[30:] > 150).all(axis=2)
    assert bright[:, 20:50].any()
    assert not bright[:, 65:135].any()


@pytest.mark.slow
def test_a_clip_is_a_small_video_of_person_robot_and_curve(tmp_path, camera_bag, settings):
    bag = camera_bag(tmp_path / "bag", frames=20)
    outcome = evaluate(EvaluationJob("it", str(bag), settings, clips=1))
    (name,) = [one.clip for one in outcome.result.figures.moments if one.clip]
    assert outcome.images[name.replace(".mp4", "_clip.jpg")].startswith(b"\xff\xd8")
    assert len(outcome.images[name]) < 500_000
    with av.open(io.BytesIO(outcome.images[name])) as video:
        (stream,) = video.streams
        images = [frame.to_ndarray(format="bgr24") for frame in video.decode(stream)]
    assert stream.codec.name == "h264"
    assert 8 <= len(images) <= 12
    height, width = images[0].shape[:2]
    assert width == 640
    person, robot = images[5][10:300, 10:300], images[5][10:300, 330:630]
    assert np.abs(person.astype(int).mean((0, 1)) - robot.astype(int).mean((0, 1))).max() > 5
    below = [image[height - 100 :].astype(int) for image in images]
    assert np.abs(below[0] - below[-1]).max() > 60
