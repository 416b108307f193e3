# SPDX-License-Identifier: Apache-2.0
"""Smiles and surprise are imitated without bared teeth; what disgust needs is used."""

from __future__ import annotations

from importlib import resources

import numpy as np
import pytest

from x2c_core.arrays import Array
from x2c_core.control_space import controls, expressions
from x2c_core.face.descriptors import Relation, relate
from x2c_core.face.expression_model import ExpressionModel, load_expression_model
from x2c_core.face.frames import Face, FaceState
from x2c_core.face.head_pose import FACING, HeadPose, fit_head_pose
from x2c_core.robot.robot_file import load_robot
from x2c_imitation.pipeline.observation import Observation
from x2c_imitation.solver.solver import Solver
from x2c_node.robots import find_robot
from x2c_perception.neutral.people_prior import people_prior

SNARL = ("Nose Wrinkle", "Lip Top Curl", "Lip Bottom Curl")
_TURNS = np.concatenate([controls.group_indices(group) for group in ("head", "neck")])


@pytest.fixture(scope="module")
def model() -> ExpressionModel:
    return load_expression_model(load_robot(find_robot("virtual")).expression_model)


def _face(points: Array) -> Face:
    pixels = HeadPose(FACING, np.array([320.0, 240.0, 0.0]), 80.0).to_pixels(points)
    return Face(pixels, fit_head_pose(pixels), 640, 480, 1.0, FaceState.TRACKING, 1)


def _imitated(model: ExpressionModel, neutral: Array, shown: Array) -> dict[str, float]:
    solver = Solver(model)
    solver.calibrate(_face(neutral))
    found = controls.to_deflection(solver.imitate(Observation(_face(shown))))
    return dict(zip(controls.NAMES, found.tolist(), strict=True))


def _named(model: ExpressionModel, name: str) -> dict[str, float]:
    values = expressions.values(name).copy()
    values[_TURNS] = controls.NEUTRAL[_TURNS]
    return _imitated(model, model.neutral, model.landmarks(values))


@pytest.mark.parametrize("name", ["smile", "laugh", "grin", "surprise", "fear", "sleep"])
def test_an_expression_without_a_wrinkled_nose_and_curled_lips_gets_none(model, name):
    found = _named(model, name)
    assert max(abs(found[control]) for control in SNARL) < 0.1


def test_disgust_wrinkles_the_nose(model):
    assert _named(model, "disgust")["Nose Wrinkle"] > 0.3


@pytest.mark.parametrize("strength", [0.5, 1.0, 1.5])
def test_peoples_mean_smile_raises_the_corners_and_bares_no_teeth(model, strength):
    prior = people_prior()
    with (resources.files("x2c_perception") / "data" / "people.npz").open("rb") as file:
        spread, axes = np.linalg.eigh(np.load(file)["smile"])
    smile = strength * np.sqrt(spread[-1]) * axes[:, -1]
    width = Relation.MOUTH_WIDTH
    if relate(prior.face(smile))[width] < relate(prior.mean)[width]:
        smile = -smile
    found = _imitated(model, prior.mean, prior.face(smile))
    assert max(abs(found[control]) for control in SNARL) < 0.1
    for side in ("Left", "Right"):
        assert found[f"Lip Corner Raise {side}"] > 0.55 * strength
