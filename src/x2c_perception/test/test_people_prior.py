# SPDX-License-Identifier: Apache-2.0
"""The statistics of people that come with the package are sound."""

from __future__ import annotations

import numpy as np

from x2c_core.face import topology
from x2c_core.face.descriptors import Relation, relate
from x2c_perception.neutral.people_prior import FEATURES, people_prior

PRIOR = people_prior()


def test_a_face_at_rest_has_the_features_it_was_made_of():
    features = 0.01 * np.random.default_rng(0).standard_normal(FEATURES)
    np.testing.assert_allclose(PRIOR.measure(PRIOR.face(features)), features, atol=1e-4)


def test_the_first_features_are_the_relations_that_people_read():
    face = topology.REFERENCE
    relations = (relate(face) - relate(PRIOR.mean))[: Relation.IRIS_SIDEWAYS_LEFT]
    np.testing.assert_allclose(PRIOR.measure(face)[: len(relations)], relations, atol=1e-6)


def test_the_mean_face_is_symmetric_and_at_rest():
    mirrored = PRIOR.mean[topology.MIRROR] * [1.0, -1.0, 1.0]
    np.testing.assert_allclose(PRIOR.mean, mirrored, atol=1e-6)
    assert abs(relate(PRIOR.mean)[Relation.MOUTH_OPENING]) < 0.01


def test_every_covariance_is_positive_definite():
    for covariance in (PRIOR.spread, *PRIOR.expressions):
        np.testing.assert_allclose(covariance, covariance.T, atol=1e-9)
        assert np.linalg.eigvalsh(covariance)[0] > 0.0


def test_mouths_open_in_expressions_and_not_in_people():
    people = np.sqrt(PRIOR.spread[Relation.MOUTH_OPENING, Relation.MOUTH_OPENING])
    strongest = PRIOR.expressions[int(PRIOR.intensity.argmax())]
    expressions = np.sqrt(strongest[Relation.MOUTH_OPENING, Relation.MOUTH_OPENING])
    assert expressions > 10.0 * people
