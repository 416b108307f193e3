# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from x2c_actuation.safety.plausibility import REMEMBERED, WINDOW, Plausibility

DRIVER, PUBLISHER = "/driver", "/joint_state_publisher"
NOTHING = np.full(5, np.nan)


def at(**positions):
    names = ["lid", "brow", "nod", "jaw", "idle"]
    return np.array([positions.get(name, np.nan) for name in names])


@pytest.fixture
def plausibility(robot):
    return Plausibility(robot.joints)


def tell_both(plausibility, until, nod, other_nod):
    """Let both publish slowly, one after the other."""
    for i in range(4):
        now = until - 1.2 + 0.4 * i
        plausibility.take(at(nod=nod, lid=0.0), DRIVER, now - 0.2)
        plausibility.take(at(nod=other_nod, lid=0.0), PUBLISHER, now)


def test_publishers_that_contradict_each_other_are_named_with_the_joint(plausibility):
    tell_both(plausibility, 1.1, 0.25, 0.0)
    text = plausibility.wrong(1.2)
    assert "nod is at 0 by /joint_state_publisher, and at 0.25 by /driver" in text
    assert "end the one that does not measure" in text


def test_a_contradiction_counts_until_they_agree_or_one_falls_silent(plausibility):
    tell_both(plausibility, 1.1, 0.25, 0.0)
    assert plausibility.wrong(1.1 + REMEMBERED)
    assert not plausibility.wrong(1.2 + REMEMBERED)
    plausibility.take(at(nod=0.25), PUBLISHER, 1.2)
    assert not plausibility.wrong(1.2)


def test_publishers_of_different_joints_and_of_one_motion_told_later_are_right(plausibility):
    for i in range(300):
        now = 0.01 * i
        plausibility.take(at(nod=0.25 * np.sin(5.0 * now)), DRIVER, now)
        plausibility.take(at(lid=-0.8), "/lids", now)
        if i % 10 == 0:
            plausibility.take(at(nod=0.25 * np.sin(5.0 * (now - WINDOW / 2))), PUBLISHER, now)
        assert plausibility.wrong(now) == ""


@pytest.mark.parametrize("source", ["", DRIVER])
def test_a_joint_that_is_there_and_back_faster_than_it_can_move_jumps(plausibility, source):
    for i, where in enumerate([0.25, 0.25, 0.0, 0.25]):
        assert plausibility.wrong(0.02 * i) == ""
        plausibility.take(at(nod=where), source, 0.02 * i)
    text = plausibility.wrong(0.1)
    assert "joint_states jump: nod was measured at 0.25, 0 and 0.25 within 0.04 s" in text
    assert ("by " in text) == bool(source)


def test_a_joint_that_moves_as_fast_as_it_may_does_not_jump_however_messages_come(plausibility):
    jitter = np.random.default_rng(0)
    for i in range(500):
        # The nod's 1 rad/s and 100 rad/s².
        now = 0.02 * i
        where = 0.25 * np.sin(4.0 * now)
        plausibility.take(at(nod=where), DRIVER, now + jitter.uniform(0.0, 0.018))
        assert plausibility.wrong(now + 0.02) == ""


def test_what_was_forgotten_is_not_wrong(plausibility):
    tell_both(plausibility, 1.0, 0.25, 0.0)
    assert plausibility.wrong(1.0)
    plausibility.forget()
    assert plausibility.wrong(1.0) == ""


def test_more_publishers_than_anybody_has_take_no_more_memory(plausibility):
    for i in range(1000):
        plausibility.take(at(nod=0.001 * (i % 2)), f"/{i}", 0.001 * i)
    assert len(plausibility._sources) <= 16
    plausibility.take(at(nod=1e308), "/big", 1.0)
    plausibility.take(at(nod=-1e308), "/big", 1.0)
    plausibility.take(NOTHING, "/big", 1.0)
