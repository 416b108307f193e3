# SPDX-License-Identifier: Apache-2.0
"""The simulated robot moves as the parameters of actuation say."""

import numpy as np
import pytest

from x2c_core.control_space import controls
from x2c_core.control_space.controls import Group
from x2c_core.face.frames import ControlFrame, ControlState
from x2c_core.robot.robot_file import load_robot
from x2c_evaluation.fidelity.simulated_robot import SimulatedRobot, has_virtual_joints
from x2c_node.robots import find_robot

pytestmark = pytest.mark.slow

OPEN = controls.from_names({"Jaw Pitch": 0.0})


def shape(gains):
    with SimulatedRobot(load_robot(find_robot("virtual")), gains) as robot:
        rest = robot.shape()
        robot.follow(ControlFrame(OPEN, 1.0, ControlState.TRACKING, 0))
        robot.wait(1.0)
        return robot.shape() - rest, robot.ideally(OPEN) - robot.ideally(controls.NEUTRAL)


def test_gains_of_the_actuation_hold_for_it_too():
    moved, ideal = shape({})
    assert np.abs(moved).max() > 0.05
    assert np.abs(ideal).max() > 0.05
    moved, ideal = shape({Group.MOUTH: 0.0})
    np.testing.assert_allclose(moved, 0.0, atol=1e-3)
    np.testing.assert_allclose(ideal, 0.0, atol=1e-9)


def test_a_robot_with_other_joints_is_shown_with_the_controls_it_has():
    """The example face has a jaw, but nothing that puckers the lips."""
    twelve = load_robot(find_robot("example_twelve"))
    assert not has_virtual_joints(twelve)
    with SimulatedRobot(twelve) as robot:
        pucker = controls.from_names({"Lip Corner Stretch Left": 0.0})
        rest = robot.ideally(controls.NEUTRAL)
        assert not robot.possible[controls.index("Lip Corner Stretch Left")]
        np.testing.assert_array_equal(robot.restricted(pucker), controls.NEUTRAL)
        np.testing.assert_allclose(robot.ideally(pucker), rest, atol=1e-12)
        assert np.abs(robot.ideally(OPEN) - rest).max() > 0.05
        robot.follow(ControlFrame(OPEN, 1.0, ControlState.TRACKING, 0))
        before = robot.shape()
        robot.wait(1.0)
        assert np.abs(robot.shape() - before).max() > 0.05
    with SimulatedRobot(load_robot(find_robot("virtual"))) as robot:
        assert robot.possible.all()


def test_a_robot_with_the_names_but_other_types_of_joints_is_shown_by_the_virtual_one():
    ameca = load_robot(find_robot("ameca"))
    assert not has_virtual_joints(ameca)
    with SimulatedRobot(ameca) as robot:
        assert robot.possible.all()
        # A mouth as wide as a face would be one whose joint goes 0.5 m.
        assert np.abs(robot.ideally(OPEN) - robot.ideally(controls.NEUTRAL)).max() < 2.0
