# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from x2c_core.robot.coupling import CoupledLimit, Side, in_order, project

coordinate = st.floats(-1.0, 1.0)
ascending = st.lists(st.integers(-50, 50), min_size=2, max_size=6, unique=True).map(sorted)


@st.composite
def limits(draw, joint=1, by=0):
    places = [place / 50.0 for place in draw(ascending)]
    points = tuple((place, draw(coordinate)) for place in places)
    return CoupledLimit(joint, by, draw(st.sampled_from(Side)), points)


def test_the_limit_follows_the_other_joint_along_straight_lines():
    limit = CoupledLimit(1, 0, Side.UPPER, ((0.0, 0.4), (0.2, 0.2), (0.4, 0.3)))
    places = (-1.0, 0.0, 0.1, 0.2, 0.3, 0.4, 9.0)
    assert [limit.at(x) for x in places] == pytest.approx([0.4, 0.4, 0.3, 0.2, 0.25, 0.3, 0.3])
    assert limit.tightest(0.0, 0.1) == pytest.approx(0.3)
    assert limit.tightest(0.0, 0.4) == pytest.approx(0.2)


def test_room_ends_where_the_limit_becomes_tighter():
    limit = CoupledLimit(1, 0, Side.UPPER, ((0.0, 0.4), (0.2, 0.2), (0.4, 0.4)))
    assert limit.room(0.0, 0.0, 0.3) == pytest.approx((-math.inf, 0.1))
    assert limit.room(0.4, 0.5, 0.3) == pytest.approx((0.3, math.inf))
    assert limit.room(0.2, 0.2, 0.1) == (-math.inf, math.inf)


@given(limit=limits(), ends=st.tuples(coordinate, coordinate), share=st.floats(0.0, 1.0))
def test_the_tightest_limit_is_that_of_no_place_in_between(limit, ends, share):
    low, high = sorted(ends)
    inside = limit.at(low + share * (high - low))
    tightest = limit.tightest(low, high)
    sign = 1.0 if limit.side is Side.UPPER else -1.0
    assert sign * (inside - tightest) >= -1e-9


@given(limit=limits(), ends=st.tuples(coordinate, coordinate), slack=st.floats(0.0, 0.5))
def test_in_the_room_the_limit_stays_as_wide_and_beyond_it_does_not(limit, ends, slack):
    low, high = sorted(ends)
    sign = 1.0 if limit.side is Side.UPPER else -1.0
    value = limit.tightest(low, high) - sign * slack
    left, right = limit.room(low, high, value)
    assert left <= low
    assert right >= high
    reach = limit.tightest(max(left, -3.0), min(right, 3.0))
    assert sign * (reach - value) >= -1e-9
    if right < 3.0:
        assert sign * (limit.tightest(right, right + 1e-3) - value) <= 1e-9
    if left > -3.0:
        assert sign * (limit.tightest(left - 1e-3, left) - value) <= 1e-9


def test_joints_that_limit_others_win():
    chain = (
        CoupledLimit(1, 0, Side.UPPER, ((0.0, 1.0), (1.0, 0.5))),
        CoupledLimit(2, 1, Side.LOWER, ((0.0, 0.0), (1.0, 0.6))),
    )
    assert project(chain, [1.0, 1.0, 0.0]) == pytest.approx([1.0, 0.5, 0.3])
    assert project(chain, [0.0, 1.0, 0.9]) == pytest.approx([0.0, 1.0, 0.9])
    assert project(reversed(chain), [1.0, 1.0, 0.0]) == pytest.approx([1.0, 0.5, 0.6])


@given(limits(1, 0), limits(2, 1), limits(2, 0), st.lists(coordinate, min_size=3, max_size=3))
def test_projecting_twice_changes_nothing_and_what_is_inside_stays(a, b, c, positions):
    # Two limits of one joint that leave it no place are refused by the robot's file.
    ordered = [one for one in (a, b, c) if one is not c or c.side is b.side]
    once = project(ordered, positions)
    assert project(ordered, once) == pytest.approx(once)
    for one in ordered:
        sign = 1.0 if one.side is Side.UPPER else -1.0
        assert sign * (one.at(once[one.by]) - once[one.joint]) >= -1e-12


def test_order_and_circles():
    def limit(joint, by):
        return CoupledLimit(joint, by, Side.UPPER, ((0.0, 0.0),))

    ordered = in_order([limit(2, 1), limit(1, 0), limit(3, 2), limit(3, 0)])
    joints = [one.joint for one in ordered]
    assert joints.index(1) < joints.index(2) < max(np.flatnonzero(np.array(joints) == 3))
    assert in_order([limit(2, 1), limit(1, 0), limit(0, 2)]) is None
    assert in_order([]) == ()
