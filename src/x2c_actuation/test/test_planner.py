# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from x2c_actuation.pipeline.planner import Kinematics, Planner

share = st.floats(-1.0, 1.0)


def kinematics(position, velocity, acceleration):
    return Kinematics(*(np.array([float(one)]) for one in (position, velocity, acceleration)))


def planner(velocity=1.0, acceleration=1.0, jerk=7.0):
    return Planner(*(np.array([one]) for one in (velocity, acceleration, jerk)))


def samples(plan, count=400):
    return [plan.at(time) for time in np.linspace(0.0, plan.duration, count)]


limits_of_a_joint = st.tuples(
    st.floats(0.2, 20.0), st.floats(1.0, 100.0), st.floats(1.0, 100.0)
).map(lambda one: (one[0], one[0] * one[1], one[0] * one[1] * one[2]))


@given(
    limits=limits_of_a_joint,
    velocity=share,
    acceleration=share,
    target=st.floats(0.0, 1.0),
    part=st.floats(0.0, 1.0),
)
def test_a_plan_keeps_its_limits_and_knows_how_far_it_goes(
    limits, velocity, acceleration, target, part
):
    # More acceleration would lead past the limit of velocity, or has come from there.
    room = np.sqrt(2.0 * limits[2] * limits[0] * (1.0 - abs(velocity)))
    start = kinematics(0.5, velocity * limits[0], acceleration * min(limits[1], room))
    plan = planner(*limits).plan(start, np.array([target]))
    assert plan is not None
    way = samples(plan)
    positions = np.array([one.position[0] for one in way])
    assert positions[0] == pytest.approx(0.5)
    assert positions[-1] == pytest.approx(target, abs=1e-7)
    grain = limits[0] * plan.duration / len(way) + 1e-7
    assert plan.low[0] - 1e-7 <= positions.min() <= plan.low[0] + grain
    assert plan.high[0] + 1e-7 >= positions.max() >= plan.high[0] - grain
    assert max(abs(one.velocity[0]) for one in way) <= limits[0] * (1.0 + 1e-6)
    assert max(abs(one.acceleration[0]) for one in way) <= limits[1] * (1.0 + 1e-6)
    since = round(part * (len(way) - 1))
    low, high = plan.reach(since / (len(way) - 1) * plan.duration, way[since].position)
    assert low[0] - 1e-7 <= positions[since:].min()
    assert high[0] + 1e-7 >= positions[since:].max()


def test_where_a_joint_turns_while_its_acceleration_is_constant():
    plan = planner().plan(kinematics(0.389, -0.234, 1.0), np.array([1.0]))
    positions = [one.position[0] for one in samples(plan)]
    assert plan.low[0] == pytest.approx(0.389 - 0.234**2 / 2.0)
    assert plan.low[0] == pytest.approx(min(positions), abs=1e-5)


@given(limits=limits_of_a_joint, v=share)
def test_stopping_takes_the_way_that_limits_demand(limits, v):
    velocity, acceleration, jerk = limits
    speed = abs(v) * velocity
    # From a constant speed: acceleration as a triangle, or as a trapezium.
    reached = min(np.sqrt(speed * jerk), acceleration)
    time = reached / jerk + speed / reached if reached > 0.0 else 0.0
    stop = planner(*limits).stop(kinematics(0.0, v * velocity, 0.0))
    assert stop[0] == pytest.approx(np.sign(v) * speed * time / 2.0, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_cannot_be_planned_gives_no_plan(bad):
    assert planner().plan(kinematics(0.0, 0.0, 0.0), np.array([bad])) is None
    assert planner().plan(kinematics(bad, 0.0, 0.0), np.array([0.0])) is None
    assert planner().stop(kinematics(0.0, bad, 0.0)) is None


def test_a_way_that_reaches_its_acceleration_for_an_instant_alone_has_a_plan():
    # From rest to rest in four times 0.05 s of full jerk.
    plan = planner(1.0, 10.0, 200.0).plan(kinematics(0.5, 0.0, 0.0), np.array([0.55]))
    assert plan is not None
    assert plan.duration == pytest.approx(0.2, abs=1e-5)


@given(acceleration=st.integers(1, 50), jerk=st.integers(1, 40))
def test_ways_of_round_limits_have_plans(acceleration, jerk):
    jerk *= 50.0
    way = 2.0 * acceleration**3 / jerk**2
    made = planner(1e6, float(acceleration), jerk)
    assert made.plan(kinematics(0.5, 0.0, 0.0), np.array([0.5 + way])) is not None
