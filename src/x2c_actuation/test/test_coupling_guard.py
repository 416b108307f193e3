# SPDX-License-Identifier: Apache-2.0
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from x2c_actuation.pipeline.coupling_guard import CouplingGuard
from x2c_actuation.pipeline.motion import TOLERANCE, JointMotion
from x2c_actuation.pipeline.motion_limits import MotionLimits
from x2c_core.robot.coupling import CoupledLimit, Side

PERIOD = 0.01
JAW_LIMITS_LIP = CoupledLimit(1, 0, Side.UPPER, ((0.0, 1.0), (1.0, 0.2)))


def motion(velocity, acceleration=60.0, jerk=3000.0):
    count = len(velocity)
    return JointMotion(
        MotionLimits(
            -np.ones(count),
            np.ones(count),
            np.array(velocity, dtype=float),
            np.full(count, acceleration),
            np.full(count, jerk),
        ),
        PERIOD,
    )


def step(guard, moving, targets):
    wanted, corridor = guard.on_the_way(guard.allowed(np.array(targets)), moving.reach)
    return moving.step(wanted, corridor=corridor).position


def passed(limit, positions):
    """Return by how much a coupled limit is passed [rad]."""
    sign = 1.0 if limit.side is Side.UPPER else -1.0
    return sign * (positions[limit.joint] - limit.at(positions[limit.by]))


@pytest.mark.parametrize("velocity", [(9.0, 9.0), (9.0, 0.5), (0.5, 9.0)])
def test_a_fast_joint_waits_for_the_slow_one_that_it_limits(velocity):
    guard, moving = CouplingGuard([JAW_LIMITS_LIP]), motion(velocity)
    for _ in range(400):
        step(guard, moving, [0.0, 1.0])
    way = np.array([step(guard, moving, [1.0, 1.0]) for _ in range(400)])
    assert max(passed(JAW_LIMITS_LIP, one) for one in way) < TOLERANCE
    assert way[-1] == pytest.approx([1.0, 0.2], abs=1e-6)
    # And back: the lip comes up behind the closing jaw.
    way = np.array([step(guard, moving, [0.0, 1.0]) for _ in range(400)])
    assert max(passed(JAW_LIMITS_LIP, one) for one in way) < TOLERANCE
    assert way[-1] == pytest.approx([0.0, 1.0], abs=1e-6)
    assert moving.refused == 0


def test_waiting_costs_little_where_both_are_as_fast():
    guard, free, moving = CouplingGuard([JAW_LIMITS_LIP]), motion((9.0,)), motion((9.0, 9.0))
    for _ in range(100):
        step(guard, moving, [0.0, 1.0])
    alone = together = 0
    while free.step([1.0]).position[0] < 0.99:
        alone += 1
    while step(guard, moving, [1.0, 1.0])[0] < 0.99:
        together += 1
    assert together <= 1.6 * alone


def test_a_limit_that_does_not_hold_at_first_is_come_back_to():
    guard, moving = CouplingGuard([JAW_LIMITS_LIP]), motion((5.0, 5.0))
    moving.reset([0.8, 0.9])
    over = [passed(JAW_LIMITS_LIP, step(guard, moving, [1.0, 1.0])) for _ in range(300)]
    back = next(i for i, one in enumerate(over) if one <= TOLERANCE)
    assert (np.diff(over[: back + 1]) < 0.0).all()
    assert max(over[back:]) <= TOLERANCE
    assert moving.state.position == pytest.approx([1.0, 0.2], abs=1e-6)


def test_a_limit_that_is_tighter_on_the_way_is_passed_through():
    narrow = CoupledLimit(1, 0, Side.UPPER, ((-1.0, 1.0), (-0.5, 0.0), (-0.25, 0.0), (0.0, 1.0)))
    guard, moving = CouplingGuard([narrow]), motion((5.0, 5.0))
    moving.reset([0.0, 0.5])
    way = np.array([step(guard, moving, [-1.0, 0.9]) for _ in range(400)])
    assert max(passed(narrow, one) for one in way) < TOLERANCE
    assert way[-1] == pytest.approx([-1.0, 0.9], abs=1e-6)


def test_joints_that_no_limit_concerns_are_left_alone():
    guard, moving = CouplingGuard([JAW_LIMITS_LIP]), motion((5.0, 5.0))
    targets = np.array([1.0, 0.1])
    assert guard.allowed(targets) == pytest.approx(targets)
    wanted, corridor = guard.on_the_way(targets, moving.reach)
    assert wanted is targets
    assert corridor is None


coordinate = st.floats(-1.0, 1.0)


@st.composite
def couplings(draw):
    """Limits among four joints, which leave every joint its home at 0."""
    limits = []
    for joint in (1, 2, 3):
        for by in range(joint):
            if not draw(st.booleans()):
                continue
            side = draw(st.sampled_from(Side))
            sign = 1.0 if side is Side.UPPER else -1.0
            places = sorted(draw(st.lists(coordinate, min_size=2, max_size=4, unique=True)))
            if np.diff(places).min() < 1e-3:
                continue
            points = tuple((x, sign * draw(st.floats(0.0, 1.0))) for x in places)
            limits.append(CoupledLimit(joint, by, side, points))
    return limits


speeds = st.lists(st.floats(2.0, 20.0), min_size=4, max_size=4)
ways = st.lists(
    st.tuples(
        st.lists(coordinate | st.sampled_from([-1.0, 1.0]), min_size=4, max_size=4),
        st.sampled_from([1, 3, 10, 60]),
    ),
    min_size=1,
    max_size=10,
)


@settings(max_examples=60)
@given(limits=couplings(), speed=speeds, ways=ways)
def test_coupled_limits_hold_at_any_time_for_any_targets(limits, speed, ways):
    guard, moving = CouplingGuard(limits), motion(speed)
    for targets, count in ways:
        for _ in range(count):
            positions = step(guard, moving, targets)
            for limit in limits:
                # A plan is exact to the tolerance, and lines may be steep.
                slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in pairwise(limit.points)]
                steep = 1.0 + max(map(abs, slopes))
                assert passed(limit, positions) <= 4.0 * TOLERANCE * steep
    last = ways[-1][0]
    for _ in range(250):
        positions = step(guard, moving, last)
    assert positions == pytest.approx(guard.allowed(np.array(last)), abs=1e-3)


def test_links_of_a_chain_yield_to_where_the_link_before_yields():
    limits = [
        CoupledLimit(
            1, 0, Side.UPPER, ((-0.39, -0.299), (-0.34, 0.105), (0.076, -0.195), (0.577, -0.107))
        ),
        CoupledLimit(
            2, 1, Side.LOWER, ((-0.44, 0.087), (-0.03, -0.188), (0.5, -0.585), (0.96, -0.76))
        ),
    ]
    guard, moving = CouplingGuard(limits), motion((2.0, 2.0, 2.0), 20.0, 400.0)
    moving.reset(guard.allowed(np.array([0.0218, -0.1557, -0.1034])))
    targets = np.array([0.3666, -0.1436, -0.1115])
    for _ in range(400):
        positions = step(guard, moving, targets)
        assert max(passed(limit, positions) for limit in limits) < 1e-4
    assert positions == pytest.approx(guard.allowed(targets), abs=1e-4)


@st.composite
def links(draw, by):
    """A limit of a joint by the one before."""
    side = draw(st.sampled_from(Side))
    sign = 1.0 if side is Side.UPPER else -1.0
    count = draw(st.integers(3, 4))
    heights = draw(st.lists(st.floats(-0.5, 1.0), min_size=count, max_size=count))
    places = np.linspace(-1.0, 1.0, count).tolist()
    points = [(place, sign * height) for place, height in zip(places, heights, strict=True)]
    return CoupledLimit(by + 1, by, side, tuple(points))


poses = st.lists(coordinate, min_size=3, max_size=3)


@settings(max_examples=60)
@given(links(0), links(1), poses, poses)
def test_chains_always_arrive_and_no_limit_is_passed(first, second, start, goal):
    limits = [first, second]
    guard, moving = CouplingGuard(limits), motion((2.0, 2.0, 2.0), 20.0, 400.0)
    moving.reset(guard.allowed(np.array(start)))
    wanted = guard.allowed(np.array(goal))
    for _ in range(800):
        positions = step(guard, moving, goal)
        assert max(passed(limit, positions) for limit in limits) < 1e-4
        if moving.at_rest and np.abs(positions - wanted).max() < 1e-4:
            return
    assert positions == pytest.approx(wanted, abs=1e-3)
