# SPDX-License-Identifier: Apache-2.0
"""An expression model is found again from faces made with it."""

from __future__ import annotations

import numpy as np
import pytest

from x2c_evaluation.errors import EvaluationError
from x2c_evaluation.expression_fit import Sample, fit_expression_model
from x2c_evaluation.fit_virtual import poses
from x2c_face import controls, topology
from x2c_face.errors import LandmarkError
from x2c_face.expression_model import ExpressionModel
from x2c_face.head_pose import FACING, HeadPose, rotation_from

HEAD = [*controls.group_indices("head"), *controls.group_indices("neck")]


@pytest.fixture(scope="module")
def model() -> ExpressionModel:
    """Every control moves the lips and a brow its own way, up otherwise than down."""
    generator = np.random.default_rng(1)
    moving = np.concatenate(
        [topology.LIP_UPPER_OUTER, topology.LIP_LOWER_OUTER, topology.BROW_LEFT_UPPER]
    )
    up, down = np.zeros((2, controls.COUNT, topology.COUNT, 3))
    for effects in (up, down):
        effects[:, moving] = generator.normal(0.0, 0.05, (controls.COUNT, moving.size, 3))
        effects[HEAD] = 0.0
    return ExpressionModel(topology.REFERENCE, up, down)


def posed(points: np.ndarray, yaw: float) -> np.ndarray:
    rotation = FACING @ rotation_from(yaw, 0.1, -0.1)
    return HeadPose(rotation, np.array([200.0, 180.0, 0.0]), 60.0).to_pixels(points)


def test_the_effects_are_found_again_whatever_the_head_does(model):
    samples = [
        Sample(values, posed(model.landmarks(values), 0.2 * (k % 3 - 1)))
        for k, values in enumerate(poses(300, seed=3))
    ]
    fit = fit_expression_model([posed(model.neutral, 0.1)], samples)
    assert fit.explained > 0.999
    assert fit.residual < 2e-3
    np.testing.assert_allclose(fit.model.neutral, model.neutral, atol=1e-6)
    reachable = controls.MAXIMUM > controls.NEUTRAL
    np.testing.assert_allclose(fit.model.up[reachable], model.up[reachable], atol=5e-3)
    reachable = controls.MINIMUM < controls.NEUTRAL
    np.testing.assert_allclose(fit.model.down[reachable], model.down[reachable], atol=5e-3)


def test_a_control_that_was_never_moved_has_no_effect(model):
    index = controls.index("Jaw Pitch")
    samples = [
        Sample(values, posed(model.landmarks(values), 0.0))
        for values in poses(100, seed=3)
        if values[index] == controls.NEUTRAL[index]
    ]
    fit = fit_expression_model([posed(model.neutral, 0.0)], samples)
    assert not fit.model.down[index].any()
    assert not fit.model.up[HEAD].any()


def test_without_faces_it_says_what_is_missing():
    with pytest.raises(EvaluationError, match="0 neutral faces and 0 others"):
        fit_expression_model([], [])


def test_landmarks_that_are_no_numbers_are_refused(model):
    bad = posed(model.neutral, 0.0)
    bad[3, 1] = np.nan
    with pytest.raises(LandmarkError, match="finite"):
        fit_expression_model([posed(model.neutral, 0.0)], [Sample(controls.NEUTRAL, bad)])


def test_the_same_seed_shows_the_same_faces():
    np.testing.assert_array_equal(poses(5, seed=7), poses(5, seed=7))
    assert all(np.delete(p, HEAD).any() for p in poses(5, seed=7))
    assert all((p[HEAD] == controls.NEUTRAL[HEAD]).all() for p in poses(5, seed=7))
