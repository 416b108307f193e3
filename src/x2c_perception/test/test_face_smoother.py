# SPDX-License-Identifier: Apache-2.0
"""Smoothing of faces: still ones rest, blinks and turns of the head are not delayed."""

import numpy as np
import pytest

from x2c_core.face import topology
from x2c_core.face.descriptors import Descriptor, describe_face
from x2c_core.face.head_pose import fit_head_pose
from x2c_perception.tracking.face_smoother import (
    REGIONS,
    FaceSmoother,
    Region,
    Smoothing,
)

RATE = 30.0
NOISE = 0.12  # [pixel], where an interocular distance is 100: what the tracker has on video.
PLACE = {descriptor: number for number, descriptor in enumerate(Descriptor)}


def noisy(face, rng):
    return face.landmarks + rng.normal(0.0, NOISE, face.landmarks.shape)


def smoothed(landmarks, settings=None):
    smooth = FaceSmoother(settings)
    return [smooth(one, fit_head_pose(one), 1.0 / RATE) for one in landmarks]


def crossing(signal, level):
    """Return when a signal first passes a level, in samples."""
    after = int(np.flatnonzero(np.diff(np.sign(signal - level)))[0])
    return after + (level - signal[after]) / (signal[after + 1] - signal[after])


def test_every_landmark_belongs_to_one_region():
    assert sorted(np.concatenate(list(REGIONS.values())).tolist()) == list(range(topology.COUNT))


def test_regions_hold_what_their_names_say():
    assert set(topology.IRIS_LEFT) <= set(REGIONS[Region.EYES])
    assert set(topology.EYE_RIGHT_UPPER) <= set(REGIONS[Region.EYES])
    assert set(topology.BROW_LEFT_UPPER) <= set(REGIONS[Region.BROWS])
    assert set(topology.LIP_LOWER_INNER) <= set(REGIONS[Region.MOUTH])
    assert {152, 10, 4} <= set(REGIONS[Region.REST])


def test_regions_are_the_same_left_and_right():
    for landmarks in REGIONS.values():
        assert set(topology.MIRROR[landmarks]) == set(landmarks)


def test_the_jitter_of_a_still_face_is_cut_in_every_region(make_face):
    rng, face = np.random.default_rng(0), make_face()
    raw = [noisy(face, rng) for _ in range(90)]
    out = smoothed(raw)
    before = np.array([fit_head_pose(one).to_head_frame(one) for one in raw])[30:].std(axis=0)
    after = np.array([pose.to_head_frame(one) for one, pose in out])[30:].std(axis=0)
    for region, landmarks in REGIONS.items():
        assert after[landmarks].mean() < 0.6 * before[landmarks].mean(), region


def test_the_jitter_of_a_still_head_is_cut(make_face):
    rng, face = np.random.default_rng(0), make_face()
    raw = [noisy(face, rng) for _ in range(90)]
    before = np.array([fit_head_pose(one).yaw_pitch_roll for one in raw])
    after = np.array([pose.yaw_pitch_roll for _, pose in smoothed(raw)])
    assert (after[30:].std(axis=0) < 0.6 * before[30:].std(axis=0)).all()


@pytest.mark.parametrize("duration", [0.07, 0.1, 0.15])
def test_a_blink_is_delayed_by_less_than_25_ms_and_closes_the_eye(make_face, duration):
    rng = np.random.default_rng(0)
    times = np.arange(60) / RATE - 1.0
    closing = np.clip(times / duration, 0.0, 1.0)
    raw = [noisy(make_face(lids=lids), rng) for lids in closing]
    eye = PLACE[Descriptor.EYE_OPENNESS_LEFT]
    before = np.array([describe_face(fit_head_pose(one).to_head_frame(one))[eye] for one in raw])
    after = np.array([describe_face(pose.to_head_frame(one))[eye] for one, pose in smoothed(raw)])
    level = before[:25].mean() / 2.0
    assert (crossing(after, level) - crossing(before, level)) / RATE < 0.025
    assert after[-1] < 0.1 * before[0]


def test_a_turn_of_the_head_is_hardly_delayed_and_leaves_the_face_alone(make_face):
    rng = np.random.default_rng(0)
    yaw = 0.5 * np.clip((np.arange(60) - 30) / 12.0, 0.0, 1.0)
    raw = [noisy(make_face(yaw=one), rng) for one in yaw]
    out = smoothed(raw)
    before = np.array([fit_head_pose(one).yaw_pitch_roll[0] for one in raw])
    after = np.array([pose.yaw_pitch_roll[0] for _, pose in out])
    assert (crossing(after, 0.25) - crossing(before, 0.25)) / RATE < 0.025
    faces = np.array([pose.to_head_frame(one) for one, pose in out])
    assert np.abs(faces - faces[25]).max() < 0.02


def test_a_head_moving_sideways_does_not_drag_the_face(make_face):
    raw = [make_face(at=(100.0 + 8.0 * i, 240.0)).landmarks for i in range(40)]
    landmarks, pose = smoothed(raw)[-1]
    assert np.abs(landmarks - raw[-1]).max() < 10.0
    assert np.abs(pose.to_head_frame(landmarks) - topology.REFERENCE).max() < 1e-6


def test_after_a_reset_a_face_passes_unchanged(make_face):
    smooth = FaceSmoother()
    first, second = make_face().landmarks, make_face(mouth=0.3, at=(100.0, 50.0)).landmarks
    smooth(first, fit_head_pose(first), 0.03)
    smooth.reset()
    out, _ = smooth(second, fit_head_pose(second), 0.03)
    assert np.abs(out - second).max() < 1e-6


def test_a_region_can_be_smoothed_by_itself(make_face):
    raw = [make_face(mouth=0.3 * (i > 0), lids=1.0 * (i > 0)).landmarks for i in range(2)]
    slow_mouth = {Region.MOUTH: Smoothing(0.01, 0.0), Region.EYES: Smoothing(100.0, 0.0)}
    landmarks, pose = smoothed(raw, slow_mouth)[-1]
    described = describe_face(pose.to_head_frame(landmarks))
    assert described[PLACE[Descriptor.MOUTH_OPENING]] < 0.03
    assert described[PLACE[Descriptor.EYE_OPENNESS_LEFT]] < 0.02


def test_a_head_that_turns_over_between_two_images_gives_a_rotation(make_face):
    face = make_face()
    turned = face.landmarks * np.array([-1.0, -1.0, 1.0]) + np.array([640.0, 480.0, 0.0])
    for _, pose in smoothed([face.landmarks, turned, face.landmarks]):
        assert np.allclose(pose.rotation @ pose.rotation.T, np.eye(3), atol=1e-9)
        assert np.linalg.det(pose.rotation) == pytest.approx(1.0)
