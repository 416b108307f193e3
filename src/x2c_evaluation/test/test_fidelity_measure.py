# SPDX-License-Identifier: Apache-2.0
"""From known curves: what is compared, what is left out and why, and what limits it."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from x2c_core.face.descriptors import Descriptor
from x2c_evaluation.fidelity.clip import ClipPerformance
from x2c_evaluation.fidelity.measure import Link, measure
from x2c_evaluation.fidelity.measures.floors import FLOORS, SIDE_FLOORS
from x2c_evaluation.fidelity.report.summary import FidelitySummary

PERIOD = 1.0 / 30.0
NAMES = list(Descriptor)
FRAMES = 240


def curves(lag=0.0, scale=0.1):
    times = np.arange(FRAMES)[:, None] * PERIOD - lag
    phases = np.arange(len(NAMES))
    made = scale * np.sin(2.0 * np.pi * 0.5 * times + phases)
    made[:, :2] += 0.5
    return made


def performance(**changes) -> ClipPerformance:
    robot = curves(2 * PERIOD)
    made = ClipPerformance(
        period=PERIOD,
        person=curves(),
        solved=curves(),
        ideal=curves(),
        moved=robot,
        seen=robot,
        shown=robot,
        at_rest=np.zeros(len(NAMES)),
        eyes_open=np.ones(FRAMES, dtype=bool),
        frames=FRAMES,
        faces=FRAMES,
        robot_faces=FRAMES,
        image=np.zeros((2, 2, 3), np.uint8),
    )
    return dataclasses.replace(made, **changes)


def test_a_robot_that_does_the_same_later_is_followed_fully():
    clip = measure("clip", performance())
    assert set(clip.measured) == set(NAMES)
    assert clip.mean_r == pytest.approx(1.0)
    for one in clip.measured.values():
        assert one.agreement.lag == pytest.approx(2 * PERIOD, abs=5e-3)
        assert one.agreement.amplitude == pytest.approx(1.0, abs=0.05)


def test_what_the_person_does_not_move_is_left_out_with_the_floor():
    person = curves()
    column = NAMES.index(Descriptor.MOUTH_WIDTH)
    person[:, column] *= 0.5 * FLOORS[column] / person[:, column].std()
    clip = measure("clip", performance(person=person))
    assert list(clip.left_out) == [Descriptor.MOUTH_WIDTH]
    assert f"{FLOORS[column]:.4f}" in clip.left_out[Descriptor.MOUTH_WIDTH]


def test_a_robot_that_does_not_move_is_left_out():
    seen = curves(2 * PERIOD)
    seen[:, NAMES.index(Descriptor.HEAD_YAW)] = 0.1
    clip = measure("clip", performance(seen=seen))
    assert list(clip.left_out) == [Descriptor.HEAD_YAW]


def test_gaze_is_not_compared_behind_shut_eyes():
    person, eyes_open = curves(), np.ones(FRAMES, dtype=bool)
    eyes_open[60:120] = False
    person[60:120, [NAMES.index(Descriptor.GAZE_PITCH), NAMES.index(Descriptor.GAZE_YAW)]] = 9.0
    clip = measure("clip", performance(person=person, eyes_open=eyes_open))
    assert clip.measured[Descriptor.GAZE_PITCH].agreement.r == pytest.approx(1.0)
    assert clip.measured[Descriptor.GAZE_PITCH].agreement.pairs == FRAMES - 60 - 2


def test_time_before_the_robot_follows_does_not_count():
    person, moved = curves(), curves(2 * PERIOD)
    person[:40] = 7.0
    moved[:40] = np.nan
    clip = measure("clip", performance(person=person, moved=moved, seen=moved))
    assert clip.mean_r == pytest.approx(1.0, abs=1e-3)


def test_how_much_and_how_soon_the_robot_follows_is_counted():
    person, moved = curves(), curves(2 * PERIOD)
    person[:15] = np.nan
    moved[:60] = np.nan
    done = performance(person=person, moved=moved, seen=moved, faces=FRAMES - 15)
    assert done.first_follow == pytest.approx(45 * PERIOD)
    assert done.followed_faces == FRAMES - 60
    summary = FidelitySummary("virtual", "solver", "live", [measure("clip", done)], {})
    content = json.loads(summary.as_json())
    assert content["faces_followed_share"] == pytest.approx((FRAMES - 60) / (FRAMES - 15))
    assert content["median_first_follow_s"] == pytest.approx(45 * PERIOD)


def test_a_robot_that_never_follows_is_as_good_as_one_at_rest():
    nothing = np.full((FRAMES, len(NAMES)), np.nan)
    still = np.zeros((FRAMES, len(NAMES)))
    done = performance(moved=nothing, seen=nothing, solved=nothing, ideal=nothing, shown=still)
    clip = measure("clip", done)
    assert not clip.measured
    assert clip.absolute.mean.robot == pytest.approx(clip.absolute.mean.at_rest)
    text = FidelitySummary("virtual", "solver", "live", [clip], {}).as_json()
    content = json.loads(text)
    assert content["clips_never_followed"] == 1
    assert content["median_first_follow_s"] is None
    assert content["mean_r"] is None
    assert content["absolute_error"]["share_of_rest"] == pytest.approx(1.0)
    assert content["score"] == pytest.approx(0.0)


def test_the_weakest_link_is_named():
    noise = np.random.default_rng(0).normal(0.0, 0.1, (FRAMES, len(NAMES)))
    clip = measure("clip", performance(seen=curves(2 * PERIOD) + noise))
    assert {one.limit for one in clip.measured.values()} == {Link.TRACKER}
    clip = measure("clip", performance(person=curves() + noise))
    assert {one.limit for one in clip.measured.values()} == {Link.IMITATOR}
    clip = measure("clip", performance(truth=curves() + 2.0 * noise))
    assert {one.limit for one in clip.measured.values()} == {Link.SIGHT}


def test_a_wink_that_changes_sides_is_noticed():
    person, seen = curves(scale=0.02), curves(2 * PERIOD, scale=0.02)
    person[100:130, 0] -= 0.2
    seen[102:132, 1] -= 0.2
    clip = measure("clip", performance(person=person, seen=seen, moved=seen))
    assert clip.sides["eye_openness"].r < -0.5


def test_sides_that_are_hardly_apart_are_left_out_with_the_floor():
    person = curves()
    side = "corner_height"
    left, right = (NAMES.index(Descriptor(f"{side}_{which}")) for which in ("left", "right"))
    person[:, right] = person[:, left]
    clip = measure("clip", performance(person=person))
    assert side not in clip.sides
    assert f"{SIDE_FLOORS[side]:.4f}" in clip.sides_left_out[side]
    assert side not in clip.left_out
    assert not clip.sides.keys() & clip.sides_left_out.keys()


def test_everything_is_strict_json():
    person = curves()
    person[:, 3] = 0.0
    clips = [measure("one", performance()), measure("two", performance(person=person))]
    text = FidelitySummary("virtual", "solver", "before", clips, {"bad.mp4": "no face"}).as_json()

    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    content = json.loads(text, parse_constant=refuse)
    assert content["mean_r"] == pytest.approx(1.0)
    assert content["failed"] == {"bad.mp4": "no face"}
    assert content["descriptors"][NAMES[3]]["clips"] == 1
    assert NAMES[3] in content["clips"]["two"]["left_out"]


def test_no_clip_at_all_is_strict_json_too():
    content = json.loads(FidelitySummary("virtual", "solver", "live", [], {"a": "b"}).as_json())
    assert content["mean_r"] is None


def test_the_ceiling_is_reported_but_is_no_part_of_the_means():
    poor = performance(seen=np.random.default_rng(0).normal(0.0, 0.1, (FRAMES, len(NAMES))))
    clips, ceiling = [measure("person", poor)], measure("self_0", performance(truth=curves()))
    summary = FidelitySummary("virtual", "solver", "before", clips, {}, ceiling)
    assert summary.mean_r < 0.5
    content = json.loads(summary.as_json())
    assert content["ceiling"]["mean_r"] == pytest.approx(1.0)
    assert list(content["clips"]) == ["person"]
