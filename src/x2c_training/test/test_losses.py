# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
import torch

from x2c_core.control_space import controls
from x2c_core.control_space.control_error import counted
from x2c_core.face.descriptors import MATRIX
from x2c_core.face.expression_model import load_expression_model
from x2c_core.robot.robot_file import load_robot
from x2c_imitation.x2cnet.network.config import AngleUnit, NetworkConfig
from x2c_imitation.x2cnet.network.x2control import in_network_units
from x2c_testing.tensors import assert_close
from x2c_training.evaluation.metrics import measure
from x2c_training.settings import LossSettings
from x2c_training.training.losses import (
    DescriptorLoss,
    ValueLoss,
    control_weights,
    feature_adaptation,
    feature_distance,
)

CONFIG = NetworkConfig()
ALL = np.ones(controls.COUNT, dtype=bool)


def as_tensor(values):
    return torch.from_numpy(values.astype(np.float32))


def two_sets():
    generator = np.random.default_rng(0)
    deflections = generator.uniform(-1.0, 1.0, (2, 6, controls.COUNT))
    return [np.array([controls.from_deflection(one) for one in part]) for part in deflections]


def loss_of(predicted, true, config=CONFIG, **settings):
    given = torch.from_numpy(in_network_units(predicted, config))
    mask = torch.from_numpy(counted(true).astype(np.float32))
    loss, mae = ValueLoss(LossSettings(**settings), config)(
        given, torch.from_numpy(true.astype(np.float32)), mask
    )
    return float(loss), float(mae)


@pytest.mark.parametrize("unit", [AngleUnit.RAD, AngleUnit.DEG])
def test_losses_are_the_errors_of_the_evaluation(unit):
    predicted, true = two_sets()
    config = NetworkConfig(angle_unit=unit)
    errors = measure(predicted, true)
    assert loss_of(predicted, true, config, kind="l1") == pytest.approx((errors.mae,) * 2, 1e-4)
    assert loss_of(predicted, true, config, kind="mse")[0] == pytest.approx(errors.mse, 1e-4)


def test_huber_is_straight_beyond_its_width_and_square_within():
    true = controls.NEUTRAL[None].copy()
    half = 0.5 * (controls.MAXIMUM - controls.MINIMUM)
    far, near = (loss_of(true + half * e, true, kind="huber")[0] for e in (-0.1, 0.004))
    assert far == pytest.approx(0.1 - 0.005, 1e-3)
    assert near == pytest.approx(0.5 * 0.004**2 / 0.01, 1e-2)


def test_weights_of_controls_beat_those_of_their_groups():
    weights = control_weights({"mouth": 2.0, "Jaw Pitch": 5.0})
    assert weights[controls.index("Jaw Pitch")] == 5.0
    assert weights[controls.index("Jaw Yaw")] == 2.0
    assert weights[controls.index("Nose Wrinkle")] == 1.0


def test_what_does_not_count_has_no_gradient():
    predicted, true = two_sets()
    given = torch.from_numpy(in_network_units(predicted, CONFIG)).requires_grad_()
    mask = torch.ones(true.shape)
    mask[2, 7] = 0.0
    loss, _ = ValueLoss(LossSettings(weights={"gaze": 0.0}), CONFIG)(
        given, torch.from_numpy(true.astype(np.float32)), mask
    )
    loss.backward()
    gaze = controls.group_indices("gaze")
    assert given.grad[2, 7] == 0.0
    assert (given.grad[:, gaze] == 0.0).all()
    assert given.grad[3, 7] != 0.0


def test_features_are_compared_by_direction():
    one = torch.tensor([[1.0, 0.0], [0.0, 2.0]])
    assert float(feature_distance(one, 3.0 * one)) == pytest.approx(0.0, abs=1e-6)
    assert float(feature_distance(one, one.flip(1))) == pytest.approx(1.0)


def test_features_of_animated_images_stay_and_those_of_rendered_ones_come_to_them():
    rendered = torch.tensor([[1.0, 2.0], [0.0, 0.0]], requires_grad=True)
    animated = torch.tensor([[0.0, 0.0], [3.0, 0.0]], requires_grad=True)
    loss = feature_adaptation(rendered, animated)
    assert loss.item() == pytest.approx((1.0 + 4.0 + 9.0) / 2.0)
    loss.backward()
    assert animated.grad is None
    assert_close(rendered.grad, rendered.detach() - animated.detach())


@pytest.mark.parametrize("unit", [AngleUnit.RAD, AngleUnit.DEG])
def test_descriptors_err_as_far_as_the_expression_model_says(robot, unit):
    # The model does not tell shut lids from values beyond, the loss does.
    predicted, true = (
        np.array([controls.from_ways(controls.ways(one)) for one in values])
        for values in two_sets()
    )
    model = load_expression_model(load_robot(robot).expression_model)
    config = NetworkConfig(angle_unit=unit)

    def described(values):
        faces = [MATRIX @ model.landmarks(one).ravel() for one in values]
        names = (("Head Yaw",), ("Head Pitch", "Neck Pitch"), ("Head Roll", "Neck Roll"))
        turned = [
            [sum(one[controls.index(name)] for name in group) for group in names] + model.turn(one)
            for one in values
        ]
        return np.hstack([faces, turned])

    spread = described(true).std(axis=0)
    expected = (np.abs(described(predicted) - described(true)) / spread).mean()
    loss = DescriptorLoss(model, ALL, true, config)
    given = torch.from_numpy(in_network_units(predicted, config))
    found = loss(given, as_tensor(true), torch.ones(true.shape))
    assert float(found) == pytest.approx(expected, 1e-3)


def test_controls_that_cancel_out_on_the_face_cost_no_descriptor(robot):
    model = load_expression_model(load_robot(robot).expression_model)
    loss = DescriptorLoss(model, ALL, two_sets()[0], CONFIG)
    one, other = (
        as_tensor(controls.from_names({name: 0.1}))[None] for name in ("Head Pitch", "Neck Pitch")
    )
    alone = as_tensor(controls.NEUTRAL)[None]
    counted_ = torch.ones_like(alone)
    assert float(loss(one, other, counted_)) < 0.5 * float(loss(one, alone, counted_))


def test_descriptors_that_do_not_vary_do_not_count(robot):
    model = load_expression_model(load_robot(robot).expression_model)
    predicted, true = two_sets()
    head = ["Head Yaw", "Head Roll", "Neck Roll"]
    still = [controls.index(name) for name in head]
    only_head = np.tile(controls.NEUTRAL, (len(true), 1))
    only_head[:, still] = true[:, still]
    given = as_tensor(predicted), as_tensor(only_head), torch.ones(true.shape)
    assert float(DescriptorLoss(model, ALL, only_head, CONFIG)(*given)) < 100.0
    one = DescriptorLoss(model, ALL, only_head[:1], CONFIG)
    assert float(one(*given)) == 0.0


def test_controls_that_the_robot_does_not_follow_cost_no_descriptor(robot):
    model = load_expression_model(load_robot(robot).expression_model)
    followed = ALL.copy()
    followed[controls.index("Head Yaw")] = False
    loss = DescriptorLoss(model, followed, two_sets()[0], CONFIG)
    turned = as_tensor(controls.from_names({"Head Yaw": 0.3}))[None]
    neutral = as_tensor(controls.NEUTRAL)[None]
    assert float(loss(turned, neutral, torch.ones_like(neutral))) == 0.0


def test_descriptors_leave_out_what_does_not_count(robot):
    model = load_expression_model(load_robot(robot).expression_model)
    true = two_sets()[1]
    loss = DescriptorLoss(model, ALL, true, CONFIG)
    predicted, mask = as_tensor(true).requires_grad_(), torch.ones(true.shape)
    gaze = torch.from_numpy(controls.group_indices("gaze"))
    mask[2, gaze] = 0.0
    away = predicted + 0.1
    loss(away, as_tensor(true), mask).backward()
    assert (predicted.grad[2, gaze] == 0.0).all()
    assert (predicted.grad[3, gaze] != 0.0).any()


def test_descriptors_are_exact_in_a_training_that_rounds(robot):
    model = load_expression_model(load_robot(robot).expression_model)
    predicted, true = (as_tensor(one) for one in two_sets())
    loss = DescriptorLoss(model, ALL, true.numpy(), CONFIG)
    exact = loss(predicted, true, torch.ones_like(true))
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(loss(predicted, true, torch.ones_like(true)), exact)
