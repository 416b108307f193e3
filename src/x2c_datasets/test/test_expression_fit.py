# SPDX-License-Identifier: Apache-2.0
"""An expression model is found again from faces made with it."""

from __future__ import annotations

import numpy as np
import pytest

from x2c_core.control_space import controls
from x2c_core.errors import LandmarkError
from x2c_core.face import topology
from x2c_core.face.expression_model import ExpressionModel
from x2c_core.face.head_pose import FACING, HeadPose, rotation_from
from x2c_datasets.errors import FitError
from x2c_datasets.fit.expression_fit import FitSample, explain, fit_expression_model

pytestmark = pytest.mark.slow

HEAD = [*controls.group_indices("head"), *controls.group_indices("neck")]
FACE = [index for index in range(controls.COUNT) if index not in HEAD]


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


def posed(points, yaw=0.0, pitch=0.0, roll=0.0):
    rotation = FACING @ rotation_from(yaw, pitch, roll)
    return HeadPose(rotation, np.array([200.0, 180.0, 0.0]), 60.0).to_pixels(points)


def poses(count, seed, still=()):
    generator = np.random.default_rng(seed)
    made = [controls.NEUTRAL.copy() for _ in range(5)]
    for _ in range(count):
        ways = np.zeros((2, controls.COUNT))
        moved = generator.choice(FACE, 5, replace=False)
        amount = generator.uniform(-0.7, 0.7, 5)
        ways[0, moved], ways[1, moved] = np.maximum(amount, 0.0), np.maximum(-amount, 0.0)
        ways[:, list(still)] = 0.0
        values = controls.from_ways(ways)
        values[controls.index("Head Yaw")] = generator.uniform(-0.3, 0.3)
        made.append(values)
    return made


def samples_of(model, values):
    yaw = controls.index("Head Yaw")
    return [FitSample(v, posed(model.landmarks(v), v[yaw])) for v in values]


def test_the_effects_are_found_again_whatever_the_head_does(model):
    fit = fit_expression_model(samples_of(model, poses(400, seed=3)))
    np.testing.assert_allclose(fit.neutral, model.neutral, atol=2e-3)
    reachable = np.flatnonzero(controls.MAXIMUM > controls.NEUTRAL)
    np.testing.assert_allclose(fit.up[reachable], model.up[reachable], atol=6e-3)
    reachable = np.flatnonzero(controls.MINIMUM < controls.NEUTRAL)
    np.testing.assert_allclose(fit.down[reachable], model.down[reachable], atol=6e-3)
    assert np.abs(fit.turn_up).max() < 5e-3


def test_a_turn_that_an_expression_seems_to_add_is_found(model):
    jaw = controls.index("Jaw Pitch")
    samples = []
    for values in poses(400, seed=4):
        down = (1.0 - values[jaw]) / 1.0
        yaw = values[controls.index("Head Yaw")]
        samples.append(FitSample(values, posed(model.landmarks(values), yaw, pitch=-0.1 * down)))
    fit = fit_expression_model(samples)
    assert fit.turn_down[jaw] == pytest.approx([0.0, -0.1, 0.0], abs=5e-3)


def test_what_is_explained_of_other_faces_is_told_for_each_control(model):
    still = controls.index("Lip Top Curl")
    fit = fit_expression_model(samples_of(model, poses(400, 5, still=[still])))
    tried = explain(fit, samples_of(model, poses(100, 6)))
    assert tried.controls["Jaw Pitch"] > 0.98
    assert tried.moved["Jaw Pitch"] > 10
    # It never moved when the model was fitted, so nothing is known of it.
    assert "Lip Top Curl" not in tried.controls
    assert 0.5 < tried.share < 0.99


def test_a_model_of_another_robot_explains_little(model):
    generator = np.random.default_rng(9)
    up, down = generator.normal(0.0, 0.02, (2, controls.COUNT, topology.COUNT, 3))
    other = ExpressionModel(topology.REFERENCE, up, down)
    assert explain(other, samples_of(model, poses(50, 7))).share < 0.0


def test_a_control_that_was_never_moved_has_no_effect(model):
    jaw = controls.index("Jaw Pitch")
    fit = fit_expression_model(samples_of(model, poses(100, 3, still=[jaw])))
    assert not fit.down[jaw].any()
    assert not fit.up[controls.index("Neck Roll")].any()


def test_too_few_faces_are_refused_with_the_number_needed(model):
    with pytest.raises(FitError, match="30 are needed"):
        fit_expression_model(samples_of(model, poses(3, seed=1)))
    with pytest.raises(FitError, match="no face"):
        explain(model, [])


def test_landmarks_that_are_no_numbers_are_refused(model):
    samples = samples_of(model, poses(40, seed=1))
    samples[7].landmarks[3, 1] = np.nan
    with pytest.raises(LandmarkError, match="finite"):
        fit_expression_model(samples)
