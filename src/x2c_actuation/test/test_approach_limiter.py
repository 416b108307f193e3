# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from x2c_actuation.pipeline.approach_limiter import ApproachLimiter
from x2c_core.robot.coupling import CoupledLimit, Side
from x2c_core.robot.robot import Joint

PERIOD = 0.01
SHARE = 0.3


def joint(name, velocity):
    return Joint(name, "revolute", -1.0, 1.0, velocity, 40.0, 1500.0, 0.0)


JOINTS = (joint("fast", 6.0), joint("slow", 2.0))
VELOCITY = np.array([6.0, 2.0])


def arrive(limiter, targets):
    path = [limiter.positions]
    while limiter.approaching.any():
        path.append(limiter.step(targets, PERIOD))
        assert len(path) < 1000
    return np.array(path)


def test_a_far_target_is_come_to_inside_lowered_limits():
    limiter = ApproachLimiter(JOINTS, SHARE)
    limiter.place([-0.9, 0.5])
    path = arrive(limiter, [0.9, -0.5])
    speed = np.diff(path, axis=0) / PERIOD
    acceleration = np.diff(speed, axis=0) / PERIOD
    assert (np.abs(speed) <= SHARE * VELOCITY * (1 + 1e-6)).all()
    assert (np.abs(acceleration) <= SHARE * 40.0 * (1 + 1e-6)).all()
    np.testing.assert_allclose(path[-1], [0.9, -0.5], atol=0.02 * VELOCITY.max())


def test_smooth_commands_pass_unchanged_once_they_are_reached():
    limiter = ApproachLimiter(JOINTS, SHARE)
    arrive(limiter, [0.0, 0.0])
    for time in np.arange(0.0, 2.0, PERIOD):
        wanted = [0.5 * np.sin(3.0 * time), 0.3 * np.sin(2.0 * time)]
        np.testing.assert_allclose(limiter.step(wanted, PERIOD), wanted, atol=1e-12)
        assert not limiter.approaching.any()


def test_a_jump_of_the_commands_is_come_to_softly():
    limiter = ApproachLimiter(JOINTS, SHARE)
    arrive(limiter, [0.0, 0.0])
    first = limiter.step([1.0, 1.0], PERIOD)
    assert limiter.approaching.all()
    assert limiter.limited == 1
    assert (np.abs(first) < 1e-3).all()


def test_small_steps_that_are_too_fast_are_slowed_down():
    limiter = ApproachLimiter(JOINTS, SHARE)
    arrive(limiter, [0.0, 0.0])
    np.testing.assert_allclose(limiter.step([0.1, 0.1], PERIOD), [0.06, 0.02])


def test_halting_on_the_way_stops_shortly_after():
    limiter = ApproachLimiter(JOINTS, SHARE)
    limiter.place([-0.9, -0.9])
    for _ in range(20):
        limiter.step([0.9, 0.9], PERIOD)
    path = [limiter.halt(PERIOD) for _ in range(200)]
    np.testing.assert_allclose(path[-1], path[-2], atol=1e-9)
    assert (path[-1] < 0.0).all()


def test_coming_from_outside_the_limits_never_goes_further_out():
    limiter = ApproachLimiter(JOINTS, SHARE)
    limiter.place([-1.3, 1.2])
    path = arrive(limiter, [0.0, 0.0])
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
    limiter = ApproachLimiter(JOINTS, SHARE)
    limiter.place([0.0, 0.0])
    before = limiter.positions
    for targets, passed in commands:
        now = limiter.step(targets, passed)
        assert (np.abs(now) <= 1.0 + 1e-6).all()
        assert (np.abs(now - before) <= VELOCITY * min(passed, 0.1) * (1 + 1e-6) + 1e-9).all()
        before = now


LID_BY_BROW = CoupledLimit(0, 1, Side.LOWER, ((-0.8, 0.4), (0.0, -1.0)))
"""The further down the slow joint is, the further up the fast one has to stay."""

CHAIN = (
    CoupledLimit(1, 2, Side.UPPER, ((-0.5, 1.0), (0.6, -0.5))),
    CoupledLimit(0, 1, Side.LOWER, ((-0.8, 0.4), (0.0, -1.0))),
)


def passed_by(limits, positions):
    """How far coupled limits are passed [rad]; negative where they are kept."""
    signs = [1.0 if one.side is Side.UPPER else -1.0 for one in limits]
    return max(
        sign * (positions[one.joint] - one.at(positions[one.by]))
        for sign, one in zip(signs, limits, strict=True)
    )


@pytest.mark.parametrize(
    ("start", "goal"), [([-1.0, 0.0], [0.4, -0.8]), ([0.4, -0.8], [-1.0, 0.0])]
)
@pytest.mark.parametrize("joints", [JOINTS, JOINTS[::-1]])
def test_coupled_limits_are_kept_on_the_way(joints, start, goal):
    limiter = ApproachLimiter(joints, SHARE, [LID_BY_BROW])
    limiter.place(start)
    path = arrive(limiter, goal)
    assert max(passed_by([LID_BY_BROW], now) for now in path) <= 1e-6
    np.testing.assert_allclose(path[-1], goal, atol=0.02 * VELOCITY.max())
    for _ in range(10):
        now = limiter.step(goal, PERIOD)
        assert passed_by([LID_BY_BROW], now) <= 1e-6
    np.testing.assert_allclose(now, goal, atol=1e-9)


def test_smooth_commands_along_a_coupled_limit_pass_unchanged():
    limiter = ApproachLimiter(JOINTS, SHARE, [LID_BY_BROW])
    limiter.place([-1.0, 0.0])
    arrive(limiter, [-1.0, 0.0])
    for time in np.arange(0.0, 2.0, PERIOD):
        slow = -0.4 + 0.4 * np.cos(time)
        wanted = [LID_BY_BROW.at(slow), slow]
        np.testing.assert_allclose(limiter.step(wanted, PERIOD), wanted, atol=1e-9)


def test_a_command_past_a_coupled_limit_is_not_passed_on():
    limiter = ApproachLimiter(JOINTS, SHARE, [LID_BY_BROW])
    limiter.place([0.4, -0.8])
    arrive(limiter, [0.4, -0.8])
    for _ in range(300):
        now = limiter.step([0.2, -0.8], PERIOD)
    np.testing.assert_allclose(now, [0.4, -0.8], atol=1e-6)


poses = st.tuples(*[st.floats(-1.2, 1.2)] * 3)


@given(
    st.lists(
        st.tuples(poses, st.sampled_from([0.0, 0.01, 0.02, 0.5]), st.integers(1, 30)), max_size=8
    ),
    st.permutations([6.0, 2.0, 0.7]),
)
def test_no_command_takes_joints_past_coupled_limits(commands, speeds):
    joints = [joint(name, speed) for name, speed in zip("abc", speeds, strict=True)]
    limiter = ApproachLimiter(joints, SHARE, CHAIN)
    # The limits allow home: what is placed there is so from the first step on.
    before = np.array([0.0, 0.0, 0.0])
    limiter.place(before)
    for targets, passed, times in commands:
        for _ in range(times):
            now = limiter.step(targets, passed)
            assert passed_by(CHAIN, now) <= 1e-6
            reach = np.array(speeds) * min(passed, 0.1)
            assert (np.abs(now - before) <= reach * (1 + 1e-6) + 1e-9).all()
            before = now


def test_a_step_of_no_time_moves_nothing():
    limiter = ApproachLimiter(JOINTS, SHARE)
    limiter.place([0.2, 0.2])
    assert limiter.step([0.5, 0.5], 0.0) == pytest.approx([0.2, 0.2])


def test_joints_that_follow_go_on_while_one_begins_again():
    limiter = ApproachLimiter(JOINTS, SHARE)
    arrive(limiter, [0.0, 0.0])
    for step in range(1, 40):
        wanted = 0.05 * step * PERIOD * 10
        if step == 20:
            limiter.place([0.3], np.array([1]))
        fast, slow = limiter.step([wanted, 0.0], PERIOD)
        assert fast == pytest.approx(wanted, abs=1e-12)
        assert slow > 0.2 if 20 <= step < 25 else slow >= 0.0


def test_joints_on_their_way_go_on_while_one_begins_again():
    free, placed = ApproachLimiter(JOINTS, SHARE), ApproachLimiter(JOINTS, SHARE)
    for step in range(40):
        if step == 20:
            placed.place([-0.5], np.array([1]))
        expected = free.step([0.9, 0.0], PERIOD)[0]
        assert placed.step([0.9, 0.0], PERIOD)[0] == pytest.approx(expected, abs=1e-6)


def test_a_joint_that_rests_is_moved_by_no_limit():
    limiter = ApproachLimiter(JOINTS, SHARE, [LID_BY_BROW])
    limiter.place([-0.2, -0.3])
    for _ in range(200):
        now = limiter.step([0.5, -0.8], PERIOD, resting=np.array([True, False]))
        assert now[0] == pytest.approx(-0.2)
        assert passed_by([LID_BY_BROW], now) <= 1e-6


@given(
    st.lists(
        st.tuples(
            poses, st.permutations(range(3)), st.sampled_from([0.01, 0.5]), st.integers(1, 20)
        ),
        max_size=8,
    ),
    st.permutations([6.0, 2.0, 0.7]),
)
def test_parts_that_move_at_times_of_their_own_keep_coupled_limits(commands, speeds):
    joints = [joint(name, speed) for name, speed in zip("abc", speeds, strict=True)]
    limiter = ApproachLimiter(joints, SHARE, CHAIN, [np.array([place]) for place in range(3)])
    before = np.zeros(3)
    limiter.place(before)
    for targets, order, passed, times in commands:
        # The last part of the order hangs meanwhile.
        for part in list(order[:2]) * times:
            now = limiter.step(targets, passed, part)
            assert passed_by(CHAIN, now) <= 1e-6
            reach = np.zeros(3)
            reach[part] = speeds[part] * min(passed, 0.1)
            assert (np.abs(now - before) <= reach * (1 + 1e-6) + 1e-9).all()
            before = now
