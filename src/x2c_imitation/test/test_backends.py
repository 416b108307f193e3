# SPDX-License-Identifier: Apache-2.0
"""Backends are found by name; what cannot be is refused with what could."""

from __future__ import annotations

import dataclasses
import sys

import numpy as np
import pytest

from x2c_core.control_space import controls
from x2c_core.errors import RobotError
from x2c_core.robot.robot_file import load_robot
from x2c_core.system.registry import RegistryError
from x2c_imitation.backends import BACKENDS, make_imitator
from x2c_imitation.errors import ImitationError
from x2c_imitation.pipeline.observation import Observation
from x2c_imitation.solver.solver import Solver
from x2c_imitation.x2cnet.x2cnet import X2CNet

pytestmark = pytest.mark.slow


@pytest.fixture
def robot(image_robot):
    return load_robot(image_robot)


def test_the_solver_is_made_from_the_robots_folder(robot):
    assert isinstance(make_imitator("solver", robot), Solver)


def test_an_unknown_backend_is_refused_with_the_known_ones(robot):
    with pytest.raises(RegistryError, match=r"unknown imitation backend 'magic'.*solver"):
        make_imitator("magic", robot)


def test_a_missing_expression_model_is_named(robot, tmp_path):
    gone = dataclasses.replace(robot, expression_model=tmp_path / "gone.npz")
    with pytest.raises(RobotError, match=r"gone\.npz"):
        make_imitator("solver", gone)


@pytest.mark.parametrize("runtime", ["onnx", "torch"])
def test_x2cnet_is_made_from_the_robots_folder(robot, runtime):
    made = make_imitator("x2cnet", robot, {"runtime": runtime})
    assert isinstance(made, X2CNet)
    assert not made.is_calibrated


def test_a_prior_draws_x2cnet_to_the_solver(robot, model, make_face):
    shares = (0.0, 0.25, 1.0)
    made = [make_imitator("x2cnet", robot, {"prior": share}) for share in shares]
    neutral = make_face(model.neutral)
    face = make_face(model.landmarks(controls.from_names({"Jaw Pitch": 0.2})), yaw=0.1)
    alone, drawn, whole = (_imitated(one, neutral, face) for one in made)
    solver = _imitated(make_imitator("solver", robot), neutral, face)
    assert np.abs(alone - solver).max() > 0.05
    np.testing.assert_allclose(drawn, 0.75 * alone + 0.25 * solver, atol=1e-9)
    np.testing.assert_allclose(whole, solver, atol=1e-9)
    assert made[1].details["prior"] == "25%"


def _imitated(imitator, neutral, face):
    assert not imitator.is_calibrated
    imitator.calibrate(neutral)
    assert imitator.is_calibrated
    return imitator.imitate(Observation(face))


@pytest.mark.parametrize(
    ("transfer", "said"),
    [
        ("warp", ""),
        ("liveportrait", "the motion transfer liveportrait: without a GPU this can take minutes"),
    ],
)
def test_a_motion_transfer_itself_says_that_it_loads_slowly(transfer, said):
    backend = BACKENDS.load("x2cnet")
    assert backend.slow_loading(backend.Options(transfer=transfer)) == said


def test_an_unknown_transfer_is_refused_with_the_known_ones(robot):
    with pytest.raises(RegistryError, match=r"unknown motion transfer 'magic'.*warp"):
        make_imitator("x2cnet", robot, {"transfer": "magic"})


def test_a_robot_without_a_network_is_told_what_to_do(robot):
    robot.network.unlink()
    robot.network.with_suffix(".onnx").unlink()
    with pytest.raises(ImitationError, match=r"robot small has no network .*x2c train.*solver"):
        make_imitator("x2cnet", robot)


def test_another_network_can_be_named(robot, network_folder, tmp_path):
    robot.network.unlink()
    named = {"network": str(network_folder / "x2cnet.onnx")}
    assert isinstance(make_imitator("x2cnet", robot, named), X2CNet)
    with pytest.raises(ImitationError, match=r"there is no file .*gone\.onnx"):
        make_imitator("x2cnet", robot, {"network": str(tmp_path / "gone.onnx")})


@pytest.mark.parametrize(
    ("runtime", "module", "library"),
    [("onnx", "onnx_runtime", "onnxruntime"), ("torch", "torch_runtime", "torch")],
)
def test_a_library_that_is_missing_is_named(robot, monkeypatch, runtime, module, library):
    monkeypatch.delitem(sys.modules, f"x2c_imitation.x2cnet.runtime.{module}", raising=False)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(
        ImitationError, match=rf"runtime {runtime} needs {library}: (pip install|make setup)"
    ):
        make_imitator("x2cnet", robot, {"runtime": runtime})


def test_landmarks_that_are_missing_are_named(robot):
    robot.neutral_landmarks.unlink()
    with pytest.raises(ImitationError, match=r"neutral_landmarks\.npy"):
        make_imitator("x2cnet", robot)


ONLY_A_JAW = """
name: small
units: {angle: rad, length: m}
joints:
  jaw: {type: revolute, position: [0, 0.4], velocity: 1, acceleration: 10, jerk: 100}
mixing:
  jaw: {Jaw Pitch: -0.4}
"""


def test_controls_that_no_joint_follows_stay_neutral(image_robot, model, make_face):
    (image_robot / "robot.yaml").write_text(ONLY_A_JAW)
    robot = load_robot(image_robot)
    shown = controls.from_names({"Jaw Pitch": 0.4, "Lip Corner Raise Left": 1.0})
    face = make_face(model.landmarks(shown))
    values = _imitated(make_imitator("solver", robot), make_face(model.neutral), face)
    jaw = controls.index("Jaw Pitch")
    turning = [c.index for c in controls.CONTROLS if c.group in ("head", "neck")]
    others = np.setdiff1d(np.arange(controls.COUNT), [jaw, *turning])
    np.testing.assert_allclose(values[others], controls.NEUTRAL[others], atol=1e-6)
    assert values[jaw] < 0.8
