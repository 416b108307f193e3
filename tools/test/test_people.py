# SPDX-License-Identifier: Apache-2.0
import numpy as np

from people.measuring import REGIONS, mirrored, random_expressions
from x2c_core.control_space import controls
from x2c_core.face import topology
from x2c_core.face.expression_model import ExpressionModel


def model_moving_one_landmark_each() -> ExpressionModel:
    up = np.zeros((controls.COUNT, topology.COUNT, 3))
    up[np.arange(controls.COUNT), np.arange(controls.COUNT), 2] = 1.0
    return ExpressionModel(topology.REFERENCE, up, -up)


def test_random_expressions_move_only_their_region():
    rng = np.random.default_rng(0)
    model = model_moving_one_landmark_each()
    for groups in REGIONS.values():
        moved = random_expressions(model, groups, 200, rng)[:, : controls.COUNT, 2].any(axis=0)
        used = [control.group in groups for control in controls.CONTROLS]
        np.testing.assert_array_equal(moved, used)


def test_mirroring_twice_changes_nothing():
    faces = np.random.default_rng(0).standard_normal((3, topology.COUNT, 3))
    np.testing.assert_array_equal(mirrored(mirrored(faces)), faces)
    np.testing.assert_allclose(
        mirrored(topology.REFERENCE[None])[0], topology.REFERENCE, atol=1e-6
    )
