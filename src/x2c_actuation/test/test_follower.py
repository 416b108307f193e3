# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from x2c_actuation.follower import Follower
from x2c_face.robot import Joint

PERIOD = 0.01
SHARE = 0.3


def joint(name, velocity):
    return Joint(name, "revolute", -1.0, 1.0, velocity, 40.0, 1500.0, 0.0)


JOINTS = (joint("fast", 6.0), joint("slow", 2.0))
VELOCITY = np.array([6.0, 2.0])


def arrive(follower, targets):
    path = [follower.positions]
    while follower.approaching:
        path.append(follower.step(targets, PERIOD))
        assert len(path) < 1000
    return np.array(path)


def test_a_far_target_is_come_to_inside_lowered_limits():
    follower = Follower(JOINTS, SHARE)
    follower.place([-0.9, 0.5])
    path = arrive(follower, [0.9, -0.5])
    speed = np.diff(path, axis=0) / PERIOD
    acceleration = np.diff(speed, axis=0) / PERIOD
    assert (np.abs(speed) <= SHARE * VELOCITY * (1 + 1e-6)).all()
    assert (np.abs(acceleration) <= SHARE * 40.0 * (1 + 1e-6)).all()
    np.testing.assert_allclose(path[-1], [0.9, -0.5], atol=0.02 * VELOCITY.max())


def test_smooth_commands_pass_unchanged_once_they_are_reached():
    follower = Follower(JOINTS, SHARE)
    arrive(follower, [0.0, 0.0])
    for time in np.arange(0.0, 2.0, PERIOD):
        wanted = [0.5 * np.sin(3.0 * time), 0.3 * np.sin(2.0 * time)]
        np.testing.assert_allclose(follower.step(wanted, PERIOD), wanted, atol=1e-12)
        assert not follower.approaching


def test_a_jump_of_the_commands_is_come_to_softly():
    follower = Follower(JOINTS, SHARE)
    arrive(follower, [0.0, 0.0])
    first = follower.step([1.0, 1.0], PERIOD)
    assert follower.approaching
    assert follower.limited == 1
    assert (np.abs(first) < 1e-3).all()


def test_small_steps_that_are_too_fast_are_slowed_down():
    follower = Follower(JOINTS, SHARE)
    arrive(follower, [0.0, 0.0])
    np.testing.assert_allclose(follower.step([0.1, 0.1], PERIOD), [0.06, 0.02])


def test_halting_on_the_way_stops_shortly_after():
    follower = Follower(JOINTS, SHARE)
    follower.place([-0.9, -0.9])
    for _ in range(20):
        follower.step([0.9, 0.9], PERIOD)
    path = [follower.halt(PERIOD) for _ in range(200)]
    np.testing.assert_allclose(path[-1], path[-2], atol=1e-9)
    assert (path[-1] < 0.0).all()


def test_coming_from_outside_the_limits_never_goes_further_out():
    follower = Follower(JOINTS, SHARE)
    follower.place([-1.3, 1.2])
    path = arrive(follower, [0.0, 0.0])
    assert (path[:, 0] >= -1.3 - 1e-6).all()
    assert (path[:, 1] <= 1.2 + 1e-6).all()


@given(
    st.lists(
        st.tuples(
            st.tuples(st.floats(-5.0, 5.0), st.floats(-5.0, 5.0)),
            st.sampled_from([0.0, 0.001, 0.01, 0.02, 0.5]),
        ),
        max_size=60,
    )
)
def test_no_command_takes_a_joint_past_its_limits_or_its_speed(commands):
    follower = Follower(JOINTS, SHARE)
    follower.place([0.0, 0.0])
    before = follower.positions
    for targets, passed in commands:
        now = follower.step(targets, passed)
        assert (np.abs(now) <= 1.0 + 1e-6).all()
        assert (np.abs(now - before) <= VELOCITY * min(passed, 0.1) * (1 + 1e-6) + 1e-9).all()
        before = now


def test_a_step_of_no_time_moves_nothing():
    follower = Follower(JOINTS, SHARE)
    follower.place([0.2, 0.2])
    assert follower.step([0.5, 0.5], 0.0) == pytest.approx([0.2, 0.2])
