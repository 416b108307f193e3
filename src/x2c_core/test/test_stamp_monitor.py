# SPDX-License-Identifier: Apache-2.0
"""Jumps in the stamps of a stream are noticed once each."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from x2c_core.system.stamp_checks import StampMonitor

SECOND = 1_000_000_000


def test_first_stamp_is_no_jump():
    assert not StampMonitor().jumped(10**18)


@given(st.integers(0, 10**18), st.lists(st.integers(0, 5 * SECOND), max_size=20))
def test_steps_ahead_are_no_jumps(start, steps):
    monitor = StampMonitor(gap=5.0)
    monitor.jumped(start)
    for step in steps:
        start += step
        assert not monitor.jumped(start)


@pytest.mark.parametrize("step", [-1, -10 * SECOND, 5 * SECOND + 1, 10**18])
def test_steps_back_and_far_ahead_are_jumps_told_once(step):
    monitor = StampMonitor(gap=5.0)
    monitor.jumped(20 * SECOND)
    assert monitor.jumped(20 * SECOND + step)
    assert not monitor.jumped(20 * SECOND + step + 1)


def test_bag_that_loops_jumps_once_a_round():
    monitor = StampMonitor()
    jumps = [monitor.jumped(stamp * SECOND) for _ in range(3) for stamp in range(4)]
    assert jumps.count(True) == 2
