# SPDX-License-Identifier: Apache-2.0
"""Exact motions of landmarks brought closer to what a tracker sees."""

import dataclasses

import numpy as np
import pytest

from x2c_core.control_space import controls
from x2c_core.face.descriptors import Relation
from x2c_core.face.expression_model import load_expression_model
from x2c_core.robot.robot_file import load_robot
from x2c_imitation.x2cnet.landmark_motion import ANGLES, LIDS, MOTION_COUNT
from x2c_imitation.x2cnet.network.config import NetworkConfig
from x2c_imitation.x2cnet.transfer.robot_image import read_neutral
from x2c_training.data.tracked_motion import toward_tracked, tracked_motions
from x2c_training.data.transfer_images import LandmarkTransferrer
from x2c_training.data.transferrer import TransferChoice


def test_part_of_the_way_is_gone_but_for_lids():
    exact = np.random.default_rng(0).normal(size=(500, MOTION_COUNT)).astype(np.float32)
    tracked = 0.5 * exact
    moved = exact @ toward_tracked(exact, tracked)
    share = moved.std(axis=0) / exact.std(axis=0)
    changed = np.setdiff1d(np.arange(MOTION_COUNT), LIDS)
    np.testing.assert_allclose(share[changed], 0.7, atol=0.01)
    assert np.array_equal(moved[:, LIDS], exact[:, LIDS])


def test_what_a_tracker_mixes_up_is_mixed_but_for_the_heads_angles():
    exact = np.random.default_rng(0).normal(size=(500, MOTION_COUNT)).astype(np.float32)
    tracked = exact.copy()
    tracked[:, Relation.UPPER_LIP_RAISE] += exact[:, Relation.MOUTH_WIDTH]
    tracked[:, -1] += exact[:, Relation.MOUTH_WIDTH]
    matrix = toward_tracked(exact, tracked)
    assert matrix[Relation.MOUTH_WIDTH, Relation.UPPER_LIP_RAISE] == pytest.approx(0.6, abs=0.01)
    assert not matrix[:-ANGLES, -ANGLES:].any()


def test_a_number_that_does_not_vary_stays():
    exact = np.random.default_rng(0).normal(size=(500, MOTION_COUNT)).astype(np.float32)
    still = [Relation.MOUTH_WIDTH, MOTION_COUNT - 1]
    exact[:, still] = 0.0
    matrix = toward_tracked(exact, 0.5 * exact)
    assert np.array_equal(matrix[still], np.eye(MOTION_COUNT)[still])
    assert matrix[0, 0] == 1.0
    assert matrix[Relation.MOUTH_OPENING, Relation.MOUTH_OPENING] == pytest.approx(0.7, abs=0.01)


def test_a_tracker_sees_nothing_of_controls_that_the_robot_does_not_follow(robot):
    transferrer = LandmarkTransferrer(TransferChoice(robot), NetworkConfig(image_size=32))
    transferrer._robot = dataclasses.replace(transferrer._robot, curves=())
    np.testing.assert_allclose(transferrer.tracking, np.eye(MOTION_COUNT), atol=1e-6)


def test_a_tracker_sees_what_the_expression_model_says(robot):
    found = load_robot(robot)
    model = load_expression_model(found.expression_model)
    values = np.array([controls.NEUTRAL, controls.from_names({"Head Yaw": 0.3, "Jaw Pitch": 0.5})])
    still, moved = tracked_motions(model, read_neutral(found)[1], values)
    np.testing.assert_allclose(still, 0.0, atol=1e-6)
    assert moved[-ANGLES] == pytest.approx(0.3 + model.turn(values[1])[0], abs=0.02)
    assert abs(moved[Relation.MOUTH_OPENING]) > 0.01
