# SPDX-License-Identifier: Apache-2.0
"""Backends are found by name; what cannot be is refused with what could."""

from __future__ import annotations

import dataclasses

import pytest

from x2c_face.errors import RobotError
from x2c_face.robot_file import load_robot
from x2c_imitation.backends import make_imitator
from x2c_imitation.errors import ImitationError
from x2c_imitation.solver import Solver

ROBOT = """
name: small
units: {angle: rad, length: m}
joints:
  jaw: {type: revolute, position: [0, 0.4], velocity: 1, acceleration: 10, jerk: 100}
mixing:
  jaw: {Jaw Pitch: -0.4}
"""


@pytest.fixture
def robot(tmp_path, model):
    (tmp_path / "robot.yaml").write_text(ROBOT)
    model.save(tmp_path / "expression_model.npz")
    return load_robot(tmp_path)


def test_the_solver_is_made_from_the_robots_folder(robot):
    assert isinstance(make_imitator("solver", robot), Solver)


def test_an_unknown_backend_is_refused_with_the_known_ones(robot):
    with pytest.raises(ImitationError, match=r"unknown backend 'magic'.*solver"):
        make_imitator("magic", robot)


def test_a_missing_expression_model_is_named(robot, tmp_path):
    gone = dataclasses.replace(robot, expression_model=tmp_path / "gone.npz")
    with pytest.raises(RobotError, match=r"gone\.npz"):
        make_imitator("solver", gone)
