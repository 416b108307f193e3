# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from x2c_core.errors import JointCommandError, X2CError
from x2c_core.robot.joint_targets import JointTargets, UnknownNames
from x2c_core.robot.robot_file import load_robot

ROBOTS = Path(__file__).resolve().parents[3] / "config" / "robots"

numbers = st.floats(width=64) | st.floats(-1.0, 1.0)
names = st.sampled_from(["jaw_pitch", "head_yaw", "tail", "", "gaze_target_phi"])


@pytest.fixture(scope="module")
def robot():
    return load_robot(ROBOTS / "virtual")


def position(targets, robot, name):
    return targets.positions[robot.joint_names.index(name)]


def test_joints_start_at_home(robot):
    np.testing.assert_array_equal(JointTargets(robot).positions, robot.home)


def test_a_partial_command_leaves_the_others_where_they_were_sent(robot):
    targets = JointTargets(robot)
    targets.command(["jaw_pitch"], [0.2])
    targets.command(["head_yaw"], [-0.1])
    assert position(targets, robot, "jaw_pitch") == 0.2
    assert position(targets, robot, "head_yaw") == -0.1
    assert np.count_nonzero(targets.positions != robot.home) == 2


def test_unknown_names_are_told_and_ignored(robot):
    targets = JointTargets(robot)
    assert targets.command(["tail", "jaw_pitch"], [1.0, 0.2]) == ("tail",)
    assert position(targets, robot, "jaw_pitch") == 0.2


def test_positions_past_the_limits_are_clamped_and_counted(robot):
    targets = JointTargets(robot)
    targets.command(["jaw_pitch", "head_yaw"], [99.0, 0.1])
    assert position(targets, robot, "jaw_pitch") == robot.joints[13].upper
    assert targets.clamped == {"jaw_pitch": 1}


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
def test_a_command_with_one_bad_number_moves_nothing(robot, bad):
    targets = JointTargets(robot)
    with pytest.raises(JointCommandError, match="head_yaw"):
        targets.command(["jaw_pitch", "head_yaw"], [0.2, bad])
    np.testing.assert_array_equal(targets.positions, robot.home)


@pytest.mark.parametrize("positions", [[], [0.1], [0.1, 0.2, 0.3]])
def test_names_without_positions_are_refused(robot, positions):
    with pytest.raises(JointCommandError, match="2 names"):
        JointTargets(robot).command(["jaw_pitch", "head_yaw"], positions)


pairs = st.lists(st.tuples(names, numbers), max_size=5).map(
    lambda some: list(zip(*some, strict=True)) or [[], []]
)
uneven = st.tuples(st.lists(names, max_size=3), st.lists(numbers, max_size=3))


@given(commands=st.lists(pairs | uneven, max_size=5))
def test_targets_stay_finite_and_inside_the_limits_for_any_commands(robot, commands):
    targets = JointTargets(robot)
    for command in commands:
        before = targets.positions
        try:
            targets.command(*command)
        except X2CError:
            assert targets.positions is before
        assert np.isfinite(targets.positions).all()
        assert (targets.positions >= robot.lower).all()
        assert (targets.positions <= robot.upper).all()


def test_unknown_names_are_reported_once():
    unknown = UnknownNames()
    assert unknown.report([]) == ""
    assert unknown.report(["tail", "wing"]) == "tail, wing"
    assert unknown.report(["wing"]) == ""
    assert unknown.report(["ear"]) == "ear, tail, wing"


def test_unknown_names_of_any_number_and_length_take_bounded_memory():
    unknown = UnknownNames()
    reports = [unknown.report([f"{number} {'x' * 10_000}"]) for number in range(1000)]
    assert sum(bool(report) for report in reports) == 50
    assert max(map(len, reports)) < 10_000
    assert reports[49].endswith(" and more")


def test_a_command_that_contradicts_itself_moves_nothing(robot):
    targets = JointTargets(robot)
    with pytest.raises(JointCommandError, match="expected each joint once, got jaw_pitch again"):
        targets.command(["jaw_pitch", "tail", "tail", "jaw_pitch"], [0.1, 0.0, 0.0, 0.3])
    np.testing.assert_array_equal(targets.positions, robot.home)


def test_a_command_of_too_many_names_is_refused_unread(robot):
    targets = JointTargets(robot)
    names = ["jaw_pitch", *["tail"] * 100_000]
    with pytest.raises(JointCommandError, match="at most 100000 names, got 100001"):
        targets.command(names, [0.2] * len(names))
    np.testing.assert_array_equal(targets.positions, robot.home)


def test_an_error_names_only_some_of_very_many_joints(robot):
    many = [f"joint {number}" for number in range(100_000)]
    with pytest.raises(JointCommandError, match="must be finite, got 'joint 0=nan'") as refusal:
        JointTargets(robot).command(many, [float("nan")] * len(many))
    assert len(str(refusal.value)) < 1000


def test_commands_of_the_same_and_of_other_joints_in_turn_reach_those_they_name(robot):
    targets = JointTargets(robot)
    before, unknown = ["jaw_pitch", "head_yaw"], ("tail",)
    assert targets.command(before, [0.1, 0.2]) == ()
    assert targets.command(["head_yaw", "jaw_pitch"], [0.3, 0.05]) == ()
    assert position(targets, robot, "jaw_pitch") == 0.05
    assert position(targets, robot, "head_yaw") == 0.3
    for number in (0.1, 0.2):
        assert targets.command(["head_yaw", "tail"], [number, 1.0]) == unknown
        assert position(targets, robot, "head_yaw") == number
    # A list that its owner changes afterwards is another order.
    before[:] = ["head_yaw", "jaw_pitch"]
    targets.command(before, [0.0, 0.2])
    assert position(targets, robot, "jaw_pitch") == 0.2
    assert targets.command([], []) == ()
