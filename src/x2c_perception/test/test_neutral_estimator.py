# SPDX-License-Identifier: Apache-2.0
"""The neutral face is estimated from the first frame on, and what is shown stays expression."""

from __future__ import annotations

import dataclasses
import itertools
from importlib import resources

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from x2c_core.face.descriptors import Descriptor, Relation, describe_face
from x2c_core.face.frames import Face, FaceState
from x2c_core.face.head_pose import FACING, HeadPose, fit_head_pose, rotation_from
from x2c_perception.neutral.neutral_estimator import NeutralEstimator
from x2c_perception.neutral.people_prior import FEATURES, people_prior

PRIOR = people_prior()
DEVIATIONS = np.sqrt(np.diag(PRIOR.spread))
with (resources.files("x2c_perception") / "data" / "people.npz").open("rb") as file:
    SMILES = np.load(file)["smile"].astype(np.float64)
CORNERS = [Relation.CORNER_HEIGHT_LEFT, Relation.CORNER_HEIGHT_RIGHT]
MOUTH = Relation.MOUTH_OPENING


def person(features, turn=(0.0, 0.0, 0.0)) -> Face:
    """Return a face with features, in deviations of people at rest."""
    pose = HeadPose(FACING @ rotation_from(*turn), np.array([320.0, 240.0, 0.0]), 80.0)
    pixels = pose.to_pixels(PRIOR.face(np.asarray(features) * DEVIATIONS))
    return Face(pixels, fit_head_pose(pixels), 640, 480, 1.0, FaceState.TRACKING, 0)


def some_one(seed: int) -> np.ndarray:
    """Return the features of a random person at rest, in deviations."""
    drawn = np.random.default_rng(seed).multivariate_normal(np.zeros(FEATURES), PRIOR.spread)
    return np.clip(drawn / DEVIATIONS, -2.0, 2.0)


def smiling(features: np.ndarray, strength: float = 1.0) -> np.ndarray:
    """Return features with a broad smile, whose lids and cheeks go along."""
    values, vectors = np.linalg.eigh(SMILES)
    move = vectors[:, -1] * np.sqrt(values[-1])
    move *= np.sign(move[CORNERS[0]])
    return features + 1.5 * strength * move / DEVIATIONS


def watched(estimator: NeutralEstimator, faces, rate: float = 30.0, start: float = 0.0):
    """Return the last neutral face after faces at a rate [1/s], and all that were given."""
    given = [estimator.add(face, start + index / rate) for index, face in enumerate(faces)]
    return [one for one in given if one is not None]


def features_of(neutral) -> np.ndarray:
    return PRIOR.measure(neutral.face) / DEVIATIONS


def test_the_first_frame_gives_a_neutral_face():
    (neutral,) = watched(NeutralEstimator(), [person(some_one(1))])
    assert np.isfinite(neutral.face).all()
    assert neutral.confidence == 1.0


@pytest.mark.parametrize("seed", range(4))
def test_a_face_at_rest_is_its_own_neutral_face(seed):
    features = some_one(seed)
    features[MOUTH] = 0.0
    neutral = watched(NeutralEstimator(), [person(features)] * 60)[-1]
    difference = (features_of(neutral) - features)[: Relation.IRIS_SIDEWAYS_LEFT]
    assert np.sqrt((difference**2).mean()) < 0.5


def test_a_single_smile_is_not_taken_for_rest():
    features = some_one(3)
    shown = smiling(features)
    (neutral,) = watched(NeutralEstimator(), [person(shown)])
    moved = (shown - features)[CORNERS]
    taken = (features_of(neutral) - features)[CORNERS]
    assert (taken < 0.5 * moved).all()


def test_a_constant_expression_stays_expression_for_minutes():
    shown = some_one(5)
    shown[MOUTH] += 20.0
    neutral = watched(NeutralEstimator(), [person(shown)] * 600, rate=5.0)[-1]
    assert features_of(neutral)[MOUTH] < 3.0


def test_who_comes_to_rest_after_a_smile_is_known_better():
    features = some_one(3)
    estimator = NeutralEstimator()
    first = watched(estimator, [person(smiling(features))] * 30)[-1]
    last = watched(estimator, [person(features)] * 90, start=1.0)[-1]

    def wrong(neutral):
        return np.abs(features_of(neutral) - features)[CORNERS].mean()

    assert wrong(last) < wrong(first)


@pytest.mark.parametrize("rate", [10.0, 20.0, 60.0])
def test_the_same_frames_at_another_rate_give_the_same_neutral_face(rate):
    def frames(rate):
        times = np.arange(0.0, 3.0, 1.0 / rate)
        strength = 0.5 - 0.5 * np.cos(2.0 * np.pi * times / 1.5)
        return [person(smiling(some_one(2), one)) for one in strength]

    usual = watched(NeutralEstimator(), frames(30.0))[-1]
    other = watched(NeutralEstimator(), frames(rate), rate)[-1]
    ranges = np.array([0.13, 0.13, 0.1, 0.1, 0.1, 0.1, 0.4, 0.3, 0.15, 0.15, 0.1, 0.2])
    difference = describe_face(usual.face)[:12] - describe_face(other.face)[:12]
    assert (np.abs(difference) <= 0.05 * ranges).all()


def test_the_neutral_face_glides():
    features = some_one(3)
    estimator = NeutralEstimator()
    given = watched(estimator, [person(smiling(features))] * 15)
    given += watched(estimator, [person(features)] * 60, start=0.5)
    steps = [np.abs(b.face - a.face).max() for a, b in itertools.pairwise(given)]
    assert max(steps) <= 0.25 / 30.0 + 1e-6


def test_what_is_no_face_of_people_gets_little_confidence():
    drawing = some_one(0)
    drawing[:12] = [12, -12, 12, -12, -12, 12, -20, -15, 15, -15, 15, -12]
    neutral = watched(NeutralEstimator(), [person(drawing)] * 30)[-1]
    assert neutral.confidence <= 0.5


def test_the_gaze_and_the_head_are_neutral_where_people_look_at_the_camera():
    turn = (0.3, 0.2, 0.0)
    neutral = watched(NeutralEstimator(), [person(some_one(1), turn)])[-1]
    yaw, pitch, _ = neutral.pose.yaw_pitch_roll
    assert 0.0 < yaw < 0.5 * turn[0]
    assert 0.0 < pitch < 0.5 * turn[1]
    gaze = describe_face(neutral.face)[list(Descriptor).index(Descriptor.GAZE_YAW)]
    assert abs(gaze) < 0.1


def test_lost_faces_change_nothing():
    estimator = NeutralEstimator()
    face = person(some_one(1))
    watched(estimator, [face])
    lost = dataclasses.replace(face, state=FaceState.LOST)
    assert watched(estimator, [lost] * 5, start=0.1) == []


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.floats(-1.0, 3.0), st.floats(0.0, 2.0)),
        min_size=1,
        max_size=12,
    )
)
def test_whatever_is_seen_the_neutral_face_is_finite_and_glides(frames):
    estimator = NeutralEstimator()
    now, before = 0.0, None
    for seed, strength, step in frames:
        now += step
        given = estimator.add(person(smiling(some_one(seed), strength)), now)
        if given is None:
            continue
        assert np.isfinite(given.face).all()
        assert 0.0 < given.confidence <= 1.0
        if before is not None:
            assert np.abs(given.face - before[0].face).max() <= 0.25 * (now - before[1]) + 1e-3
        before = given, now
