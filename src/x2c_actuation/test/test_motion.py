# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from x2c_actuation.errors import MotionError
from x2c_actuation.pipeline.motion import TOLERANCE, JointMotion
from x2c_actuation.pipeline.motion_limits import MotionLimits

PERIOD = 0.01


def limits(lower=-1.0, upper=1.0, velocity=2.0, acceleration=40.0, jerk=1600.0, count=1):
    given = (lower, upper, velocity, acceleration, jerk)
    return MotionLimits(*(np.broadcast_to(one, (count,)).astype(float) for one in given))


def go(motion, target, seconds=2.0, period=PERIOD):
    """Return all states on the way to one target."""
    return [motion.step(target, period) for _ in range(round(seconds / period))]


def check(positions, times, of, start_outside=0.0):
    """Assert that samples (m, n) at times (m,) keep all limits, by their divided differences."""
    span = of.upper - of.lower
    room = TOLERANCE * span + start_outside
    assert (positions >= of.lower - room).all()
    assert (positions <= of.upper + room).all()
    differences = positions
    for order, limit in enumerate((of.velocity, of.acceleration, of.jerk), start=1):
        spans = (times[order:] - times[:-order])[:, None]
        differences = np.diff(differences, axis=0) / spans * order
        # Positions are exact to some 1e-15 of the range, and to a float's digits where the range
        # lies far from 0; short times magnify that.
        exact = 1e-14 * span + np.spacing(np.maximum(np.abs(of.lower), np.abs(of.upper)))
        noise = exact * (2.0 / np.diff(times).min()) ** order
        assert (np.abs(differences) <= limit * (1.0 + TOLERANCE) + noise).all()


def test_a_joint_comes_to_rest_at_its_target_and_stays():
    motion = JointMotion(limits(), PERIOD)
    states = go(motion, [0.7])
    assert states[-1].position == pytest.approx([0.7], abs=1e-8)
    assert abs(states[-1].velocity[0]) < 1e-8
    assert motion.at_rest
    assert motion.step([0.7]).position == states[-1].position


def test_the_way_takes_the_shortest_time_that_the_limits_allow():
    # Seven phases: up to 2 rad/s with 40 rad/s² and 1600 rad/s³, and down again.
    motion = JointMotion(limits(lower=0.0), PERIOD)
    states = go(motion, [1.0])
    duration = 1.0 / 2.0 + 2.0 / 40.0 + 40.0 / 1600.0
    times = [i * PERIOD for i, state in enumerate(states, 1) if state.position[0] < 1.0 - 1e-9]
    assert times[-1] == pytest.approx(duration, abs=2 * PERIOD)


def test_a_new_target_is_taken_up_at_once_and_without_a_jolt():
    motion = JointMotion(limits(), PERIOD)
    states = go(motion, [0.9], 0.2)
    assert states[-1].velocity[0] == pytest.approx(2.0)
    before = states[-1].acceleration[0]
    after = motion.step([-0.9])
    assert after.acceleration[0] == pytest.approx(before - 1600.0 * PERIOD)


def test_joints_do_not_wait_for_each_other():
    motion = JointMotion(limits(velocity=[0.1, 10.0], count=2), PERIOD)
    states = go(motion, [1.0, 1.0], 0.5)
    assert states[-1].position[1] == pytest.approx(1.0)
    assert states[-1].position[0] < 0.06


def test_targets_outside_the_limits_are_brought_inside():
    motion = JointMotion(limits(), PERIOD)
    assert go(motion, [99.0])[-1].position == pytest.approx([1.0])
    assert motion.targets == pytest.approx([1.0])


def test_stopping_points_bring_a_joint_to_rest_as_fast_as_may_be():
    motion = JointMotion(limits(lower=-10.0, upper=10.0), PERIOD)
    go(motion, [9.0], 1.0)
    states = go(motion, motion.stopping_points(), 0.2)
    standing = next(i for i, state in enumerate(states) if abs(state.velocity[0]) < 1e-9)
    assert (standing + 1) * PERIOD == pytest.approx(2.0 / 40.0 + 40.0 / 1600.0, abs=2 * PERIOD)


def test_reset_takes_over_a_moving_joint_and_brakes_it():
    motion = JointMotion(limits(), PERIOD)
    motion.reset([0.2], [1.0])
    assert motion.state.velocity == pytest.approx([1.0])
    state = motion.step(motion.targets)
    assert 0.2 < state.position[0] < 0.21
    go(motion, motion.targets)
    assert motion.at_rest


@pytest.mark.parametrize(
    ("position", "velocity"), [(0.99, 1.9), (-0.99, -1.9), (1.5, 1.0), (1.5, -0.1)]
)
def test_reset_forgets_a_speed_with_which_a_joint_could_not_stop_in_time(position, velocity):
    motion = JointMotion(limits(), PERIOD)
    motion.reset([position], [velocity])
    assert motion.state.velocity == [0.0]
    assert motion.targets == pytest.approx([position])


@pytest.mark.parametrize("start", [1.4, -1.4])
def test_a_joint_outside_its_limits_is_never_sent_further_out(start):
    motion = JointMotion(limits(), PERIOD)
    motion.reset([start])
    states = go(motion, [start])
    away = np.abs([start, *(state.position[0] for state in states)])
    assert (np.diff(away) <= 1e-9).all()
    assert away[-1] == pytest.approx(1.0)


def test_a_corridor_is_not_left_by_a_new_motion():
    motion = JointMotion(limits(), PERIOD)
    go(motion, [0.9], 0.2)
    corridor = (np.array([-1.0]), np.array([0.9]))
    for _ in range(200):
        state = motion.step([-0.9], corridor=corridor)
        assert state.position[0] <= 0.9 + TOLERANCE
    # What leads out of it is not begun.
    corridor = (np.array([-1.0]), np.array([0.0]))
    for _ in range(200):
        state = motion.step([0.5], corridor=corridor)
    assert state.position == pytest.approx([-0.9])
    assert motion.refused >= 200


def test_time_may_pass_in_any_steps():
    fine, coarse = JointMotion(limits(), 0.002), JointMotion(limits(), 0.01)
    for _ in range(40):
        for _ in range(5):
            one = fine.step([0.8])
        other = coarse.step([0.8])
        assert one.position == pytest.approx(other.position, abs=1e-9)
    assert coarse.step([-0.8], 0.0).position == pytest.approx(other.position)


@pytest.mark.parametrize("bad", [[np.nan], [np.inf], [0.0, 0.0], [[0.0]], 0.0])
def test_what_is_no_target_is_refused_and_nothing_moves(bad):
    motion = JointMotion(limits(), PERIOD)
    go(motion, [0.5], 0.1)
    before = motion.state
    for call in (motion.step, motion.reset):
        with pytest.raises(MotionError):
            call(bad)
    with pytest.raises(MotionError):
        motion.step([0.0], float("nan"))
    with pytest.raises(MotionError):
        motion.step([0.0], -0.01)
    assert motion.state is before


@pytest.mark.parametrize(
    "wrong",
    [
        {"lower": 1.0},
        {"upper": float("inf")},
        {"velocity": 0.0},
        {"acceleration": -1.0},
        {"jerk": float("nan")},
    ],
)
def test_limits_in_which_nothing_can_move_are_refused(wrong):
    with pytest.raises(MotionError):
        limits(**wrong)


@pytest.mark.parametrize("period", [0.0, -1.0, float("nan"), float("inf")])
def test_a_period_that_is_none_is_refused(period):
    with pytest.raises(MotionError, match="time between two steps"):
        JointMotion(limits(), period)


any_limits = st.builds(
    lambda middle, span, time, a, j: limits(
        middle - span / 2,
        middle + span / 2,
        span / time,
        span / time**2 * a,
        span / time**3 * a * j,
    ),
    middle=st.floats(-10.0, 10.0),
    span=st.floats(1e-4, 10.0),
    time=st.floats(0.05, 5.0),
    a=st.floats(0.5, 100.0),
    j=st.floats(0.5, 100.0),
)
steps = st.lists(
    st.tuples(
        st.floats(-0.5, 1.5) | st.sampled_from([0.0, 1.0]),
        st.sampled_from([1, 1, 2, 7, 40]),
        st.just(PERIOD) | st.floats(0.002, 0.03),
        st.booleans(),
    ),
    min_size=1,
    max_size=25,
)


@given(of=any_limits, start=st.floats(-0.3, 1.3), speed=st.floats(-2.0, 2.0), steps=steps)
def test_no_limit_is_passed_for_any_sequence_of_targets(of, start, speed, steps):
    span = of.upper - of.lower
    motion = JointMotion(of, PERIOD)
    motion.reset(of.lower + start * span, speed * of.velocity)
    outside = (max(-start, start - 1.0, 0.0) + 1e-9) * span
    positions, times = [motion.state.position], [0.0]
    for place, repeated, duration, stops in steps:
        targets = motion.stopping_points() if stops else of.lower + place * span
        for _ in range(repeated):
            refused = motion.refused
            state = motion.step(targets, duration)
            assert (np.abs(state.velocity) <= of.velocity).all()
            assert (np.abs(state.acceleration) <= of.acceleration).all()
            assert motion.refused == refused
            positions.append(state.position)
            times.append(times[-1] + duration)
    check(np.array(positions), np.array(times), of, outside)


@given(of=any_limits, places=st.lists(st.floats(0.0, 1.0), min_size=2, max_size=8))
def test_joints_stay_within_what_they_are_said_to_reach(of, places):
    span = of.upper - of.lower
    motion = JointMotion(of, PERIOD)
    for place in places:
        motion.step(of.lower + place * span)
        for _ in range(30):
            low, high = motion.reach
            state = motion.step(motion.targets)
            assert (state.position >= low - TOLERANCE * span).all()
            assert (state.position <= high + TOLERANCE * span).all()


def test_without_joints_there_is_no_motion():
    with pytest.raises(MotionError, match="no joint"):
        JointMotion(MotionLimits.of([]), 0.01)
