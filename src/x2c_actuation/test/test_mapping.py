# SPDX-License-Identifier: Apache-2.0
import dataclasses

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from x2c_actuation.errors import TargetError
from x2c_actuation.pipeline.mapping import JointMap
from x2c_core.control_space import controls
from x2c_core.control_space.controls import Group
from x2c_core.errors import ControlError
from x2c_core.robot.mixing import Curve
from x2c_core.robot.robot_file import load_robot

anything = st.floats(width=64)
same_robot = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def joint(robot, name, targets):
    return targets.positions[robot.joint_names.index(name)]


def test_neutral_values_lead_home(robot):
    targets = JointMap(robot).targets(controls.NEUTRAL)
    np.testing.assert_allclose(targets.positions, robot.home, atol=1e-12)
    assert not targets.clamped_joints.any()
    assert not targets.clamped_controls.any()


def test_one_joint_follows_several_controls(robot):
    values = controls.from_names({"Head Pitch": 0.1, "Neck Pitch": 0.2})
    assert joint(robot, "nod", JointMap(robot).targets(values)) == pytest.approx(0.15)


def test_gain_scales_the_distance_from_neutral_of_its_region_alone(robot):
    values = controls.from_names({"Eyelid Upper Left": 0.5, "Jaw Pitch": 0.5})
    targets = JointMap(robot, {Group.EYELID: 2.0}).targets(values)
    assert joint(robot, "lid", targets) == pytest.approx(-0.5)
    assert joint(robot, "jaw", targets) == pytest.approx(0.2)


def test_gain_of_the_robot_and_of_the_user_multiply(write_robot):
    robot = load_robot(write_robot(gains={"eyelid": 0.5}))
    values = controls.from_names({"Eyelid Upper Left": 0.0})
    targets = JointMap(robot, {Group.EYELID: 1.5}).targets(values)
    assert joint(robot, "lid", targets) == pytest.approx(-0.375)


def test_gain_of_zero_keeps_the_region_neutral(robot):
    joint_map = JointMap(robot)
    joint_map.adjust({Group.HEAD: 0.0, Group.NECK: 0.0}, {})
    values = controls.from_names({"Head Pitch": 0.2, "Neck Pitch": 0.2})
    assert joint(robot, "nod", joint_map.targets(values)) == pytest.approx(0.0)


def test_offset_of_a_region_comes_on_top_of_the_gain(robot):
    values = controls.from_names({"Eyelid Upper Left": 0.5})
    joint_map = JointMap(robot, {Group.EYELID: 0.5}, {Group.EYELID: -0.25})
    assert joint(robot, "lid", joint_map.targets(values)) == pytest.approx(-0.25)


def test_offset_of_the_robot_and_of_the_user_add_up(write_robot):
    robot = load_robot(write_robot(offsets={"Eyelid Upper Left": -0.2, "eyelid": -0.1}))
    joint_map = JointMap(robot, None, {Group.EYELID: -0.1})
    assert joint(robot, "lid", joint_map.targets(controls.NEUTRAL)) == pytest.approx(-0.2)


def test_amplified_controls_stay_in_their_range(robot):
    values = controls.from_names({"Eyelid Upper Left": 1.9})
    targets = JointMap(robot, {Group.EYELID: 3.0}).targets(values)
    assert joint(robot, "lid", targets) == pytest.approx(1.0)
    assert not targets.clamped_joints.any()


def test_controls_out_of_range_are_clamped_and_told(robot):
    values = controls.from_names({"Eyelid Upper Left": -7.0})
    targets = JointMap(robot).targets(values)
    assert joint(robot, "lid", targets) == pytest.approx(-1.0)
    assert [controls.NAMES[i] for i in np.flatnonzero(targets.clamped_controls)] == [
        "Eyelid Upper Left"
    ]


def test_joints_asked_past_their_limits_are_clamped_and_told(robot):
    targets = JointMap(robot).targets(
        controls.from_names({"Head Pitch": -0.5, "Neck Pitch": -0.3})
    )
    assert joint(robot, "nod", targets) == pytest.approx(-0.3)
    assert [robot.joint_names[i] for i in np.flatnonzero(targets.clamped_joints)] == ["nod"]


def test_rounding_of_a_float32_message_is_no_clamp(robot):
    for values in (controls.MINIMUM, controls.MAXIMUM):
        targets = JointMap(robot).targets(values.astype(np.float32))
        assert not targets.clamped_controls.any()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_that_are_no_numbers_are_rejected_as_a_whole(robot, bad):
    values = controls.NEUTRAL.copy()
    values[6] = bad
    with pytest.raises(ControlError, match="Eyelid Upper Left"):
        JointMap(robot).targets(values)


def test_mixing_that_overflows_is_refused_with_the_file_to_look_at(robot):
    huge = Curve(controls.index("Head Pitch"), 0, np.array([-1.0, 1.0]), np.full(2, 1.7e308))
    robot = dataclasses.replace(robot, curves=(huge, huge))
    with pytest.raises(TargetError, match=r"robot\.yaml"):
        JointMap(robot).targets(controls.NEUTRAL)


@same_robot
@given(
    values=arrays(np.float64, controls.COUNT, elements=anything),
    gains=st.dictionaries(st.sampled_from(Group), st.floats(0.0, 3.0)),
    offsets=st.dictionaries(st.sampled_from(Group), st.floats(-1.0, 1.0)),
)
def test_whatever_comes_in_finite_positions_inside_the_limits_come_out(
    robot, values, gains, offsets
):
    joint_map = JointMap(robot, gains, offsets)
    if not np.isfinite(values).all():
        with pytest.raises(ControlError):
            joint_map.targets(values)
        return
    positions = joint_map.targets(values).positions
    assert np.isfinite(positions).all()
    assert (positions >= robot.lower).all()
    assert (positions <= robot.upper).all()
