# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from x2c_core.control_space import controls
from x2c_core.control_space.controls import Group
from x2c_core.errors import ControlError
from x2c_core.robot.robot import CommandInterface, Curve, Joint, Robot

finite = st.floats(allow_nan=False, allow_infinity=False)
coordinate = st.floats(-10.0, 10.0)


def joint(name, lower=-1.0, upper=1.0, home=0.0):
    return Joint(name, "revolute", lower, upper, 1.0, 1.0, 1.0, home)


def robot(joints, curves):
    return Robot(
        name="test",
        folder=Path("/robots/test"),
        description="",
        joints=tuple(joints),
        curves=tuple(curves),
        gains=dict.fromkeys(Group, 1.0),
        command_interface=CommandInterface.JOINT_STATE,
        expression_model=Path("/robots/test/expression_model.npz"),
        neutral_image=Path("/robots/test/neutral.png"),
        neutral_landmarks=Path("/robots/test/neutral_landmarks.npy"),
        network=Path("/robots/test/x2cnet.safetensors"),
    )


def curve(name, joint_index, points):
    values, offsets = np.array(points, dtype=np.float64).T
    return Curve(controls.index(name), joint_index, values, offsets)


@st.composite
def robots(draw):
    joints = []
    for number in range(draw(st.integers(1, 4))):
        lower, home, upper = sorted(
            draw(st.lists(coordinate, min_size=3, max_size=3, unique=True))
        )
        joints.append(joint(f"joint_{number}", lower, upper, home))
    curves = []
    for _ in range(draw(st.integers(0, 6))):
        # No nearer to each other than a robot.yaml may have them.
        values = sorted(
            draw(st.lists(coordinate, min_size=2, max_size=4, unique_by=lambda x: round(x, 6)))
        )
        points = [(value, draw(coordinate)) for value in values]
        name = draw(st.sampled_from(controls.NAMES))
        curves.append(curve(name, draw(st.integers(0, len(joints) - 1)), points))
    return robot(joints, curves)


@given(robots(), arrays(np.float64, 30, elements=finite))
def test_targets_are_inside_the_limits_for_any_finite_values(one, values):
    targets = one.joint_targets(values)
    assert targets.shape == (len(one.joints),)
    assert (one.lower <= targets).all()
    assert (targets <= one.upper).all()


@given(robots(), arrays(np.float64, 30, elements=st.floats(-1.0, 2.0)))
def test_targets_are_the_mixed_positions_where_those_are_inside(one, values):
    mixed, targets = one.mix(values), one.joint_targets(values)
    inside = (one.lower <= mixed) & (mixed <= one.upper)
    assert (targets[inside] == mixed[inside]).all()


@given(robots())
def test_joint_that_nothing_moves_stays_at_home(one):
    still = robot(one.joints, [])
    assert (still.joint_targets(controls.MAXIMUM) == still.home).all()


def test_curves_of_one_joint_add_up():
    both = robot(
        [joint("head", home=0.1)],
        [
            curve("Head Pitch", 0, [(-1.0, -1.0), (1.0, 1.0)]),
            curve("Neck Pitch", 0, [(-1.0, -0.5), (1.0, 0.5)]),
        ],
    )
    values = controls.from_names({"Head Pitch": 0.2, "Neck Pitch": 0.1})
    assert both.mix(values) == pytest.approx([0.1 + 0.2 + 0.05])


def test_curve_goes_straight_between_its_points_and_is_constant_beyond():
    bent = robot([joint("jaw")], [curve("Jaw Yaw", 0, [(0.0, -0.2), (0.5, 0.0), (1.0, 0.8)])])
    for value, expected in ((-5.0, -0.2), (0.0, -0.2), (0.25, -0.1), (0.75, 0.4), (9.0, 0.8)):
        assert bent.mix(controls.from_names({"Jaw Yaw": value})) == pytest.approx([expected])


def test_mixing_leaves_home_alone():
    one = robot([joint("jaw")], [curve("Jaw Yaw", 0, [(0.0, -0.2), (1.0, 0.2)])])
    one.mix(controls.MAXIMUM)
    assert (one.home == 0.0).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("method", ["mix", "joint_targets"])
def test_values_that_are_not_finite_are_refused_by_name(method, bad):
    one = robot([joint("jaw")], [])
    values = controls.NEUTRAL.copy()
    values[controls.index("Jaw Yaw")] = bad
    with pytest.raises(ControlError, match="Jaw Yaw"):
        getattr(one, method)(values)


def test_names_and_limits_are_in_the_order_of_the_joints():
    one = robot([joint("b", -2.0, 3.0, 1.0), joint("a", -4.0, 5.0, -1.0)], [])
    assert one.joint_names == ("b", "a")
    assert (one.lower == [-2.0, -4.0]).all()
    assert (one.upper == [3.0, 5.0]).all()
    assert (one.home == [1.0, -1.0]).all()


def test_controls_that_move_a_joint_are_known():
    curves = [
        curve("Jaw Pitch", 0, [(0.0, 0.1), (1.0, 0.0)]),
        curve("Nose Wrinkle", 0, [(0.0, 0.0), (1.0, 0.0)]),
    ]
    followed = robot([joint("jaw")], curves).followed
    assert [controls.NAMES[one] for one in np.flatnonzero(followed)] == ["Jaw Pitch"]
