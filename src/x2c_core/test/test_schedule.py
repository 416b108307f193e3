# SPDX-License-Identifier: Apache-2.0
import pytest
from hypothesis import given
from hypothesis import strategies as st

from x2c_core.sources.schedule import Schedule

SECOND = 1_000_000_000
START = 1_700_000_000 * SECOND


@pytest.mark.parametrize("rate", [0.5, 1.0, 4.0])
def test_messages_are_due_at_their_distances_divided_by_the_rate(rate):
    schedule = Schedule(rate)
    due = [schedule.due(START + step * SECOND // 10, 50.0) for step in range(5)]
    assert due == pytest.approx([50.0 + step / 10 / rate for step in range(5)])


def test_time_goes_on_between_messages_but_never_past_the_next_one():
    schedule = Schedule(2.0)
    schedule.due(START, 10.0)
    schedule.due(START + SECOND, 10.0)
    assert schedule.time(10.25) == START + SECOND // 2
    assert schedule.time(99.0) == START + SECOND


def test_whoever_is_late_catches_up():
    schedule = Schedule(1.0)
    schedule.due(START, 0.0)
    assert schedule.due(START + SECOND, 5.0) == pytest.approx(1.0)
    assert schedule.due(START + 6 * SECOND, 5.0) == pytest.approx(6.0)


def test_messages_a_little_out_of_order_are_no_jump():
    schedule = Schedule(1.0)
    schedule.due(START, 0.0)
    schedule.due(START + SECOND, 0.0)
    assert schedule.due(START + SECOND - 50_000_000, 1.0) == pytest.approx(0.95)
    assert schedule.jumps == 0
    assert schedule.time(1.5) == START + SECOND


@pytest.mark.parametrize("step", [-3600 * SECOND, -START, 3600 * SECOND])
def test_a_jump_begins_anew_at_once(step):
    schedule = Schedule(1.0)
    schedule.due(START, 0.0)
    schedule.due(START + SECOND, 1.0)
    after = START + SECOND + step
    assert schedule.due(after, 1.5) == 1.5
    assert schedule.time(1.5) == after
    assert schedule.due(after + SECOND, 1.5) == pytest.approx(2.5)
    assert schedule.jumps == 1


def test_another_pass_is_no_jump():
    schedule = Schedule(2.0)
    schedule.due(START, 0.0)
    schedule.due(START + SECOND, 0.0)
    schedule.restart()
    assert schedule.due(START, 7.0) == 7.0
    assert schedule.jumps == 0


@given(
    times=st.lists(st.integers(0, 2**62), min_size=1, max_size=30),
    rate=st.floats(0.01, 100.0),
)
def test_whatever_the_times_nothing_is_due_later_than_the_longest_gap(times, rate):
    schedule = Schedule(rate)
    now = 0.0
    for time in times:
        due = schedule.due(time, now)
        assert due <= now + 10.0 / rate + 1e-6
        now = max(now, due)
        assert 0 <= schedule.time(now) <= max(times)
