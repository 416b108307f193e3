# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from x2c_node.supervision import statistics
from x2c_node.supervision.statistics import RateMeter, Statistics, summarise


@pytest.fixture
def clock(monkeypatch):
    """Return a clock that stands until it is moved: clock.now += seconds."""

    class Clock:
        now = 1000.0

    monkeypatch.setattr(statistics.time, "monotonic", lambda: Clock.now)
    return Clock


@pytest.mark.parametrize("rate", [2.0, 30.0, 240.0])
def test_rate_of_even_ticks_is_theirs(clock, rate):
    meter = RateMeter()
    for _ in range(round(3 * rate)):
        meter.tick()
        clock.now += 1.0 / rate
    assert meter.rate == pytest.approx(rate, rel=0.01)
    assert meter.total == round(3 * rate)


def test_rate_is_zero_before_two_ticks():
    meter = RateMeter()
    assert meter.rate == 0.0
    meter.tick()
    assert meter.rate == 0.0


def test_rate_of_ticks_at_one_moment_is_no_division_by_zero(clock):
    meter = RateMeter()
    meter.tick()
    meter.tick()
    assert meter.rate == 0.0


def test_rate_of_a_stream_that_ended_is_zero(clock):
    meter = RateMeter(window=2.0)
    for _ in range(10):
        meter.tick()
        clock.now += 0.1
    clock.now += 2.0
    assert meter.rate == 0.0
    assert meter.total == 10


def test_rate_follows_a_change(clock):
    meter = RateMeter(window=2.0)
    for period in (0.01, 0.1):
        for _ in range(int(3.0 / period)):
            meter.tick()
            clock.now += period
    assert meter.rate == pytest.approx(10.0, rel=0.01)


@given(st.lists(st.floats(0.0, 100.0), min_size=1))
def test_summary_is_ordered_and_within_the_durations(durations):
    summary = summarise(durations)
    assert min(durations) <= summary.p50 <= summary.p99 <= summary.maximum == max(durations)


def test_summary_of_nothing_is_not_a_number():
    summary = summarise([])
    assert all(math.isnan(one) for one in (summary.p50, summary.p99, summary.maximum))


def test_summary_of_a_hundred_and_one_durations():
    summary = summarise(list(np.arange(101.0)))
    assert (summary.p50, summary.p99, summary.maximum) == (50.0, 99.0, 100.0)


def test_values_name_rates_durations_and_counts(clock):
    numbers = Statistics()
    for _ in range(3):
        numbers.tick("image")
        clock.now += 0.5
    numbers.measured("solve", 0.002)
    numbers.counts["dropped"] += 4
    assert numbers.values() == {
        "image rate [Hz]": "2.0",
        "image total": "3",
        "solve p50 [ms]": "2.00",
        "solve p99 [ms]": "2.00",
        "dropped": "4",
    }


def test_only_the_newest_durations_are_kept():
    numbers = Statistics(window=10)
    for duration in range(100):
        numbers.measured("solve", float(duration))
    assert list(numbers.durations["solve"]) == [float(duration) for duration in range(90, 100)]
