# SPDX-License-Identifier: Apache-2.0
"""Stamps that cannot be are replaced by the time of arrival."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from x2c_core.system.stamp_checks import StampFault, StampGuard

MS = 1_000_000
NOW = 1_800_000_000_000 * MS


def times(stamps, *, arrivals=None, same_clock=True):
    """Return the times of images that arrive at 30 Hz, and the faults."""
    guard = StampGuard(same_clock=same_clock)
    arrivals = arrivals or [NOW + 33 * MS * n for n in range(len(stamps))]
    found = []
    for stamp, arrival in zip(stamps, arrivals, strict=True):
        found.append((guard.time(stamp, arrival), guard.fault))
    return found, arrivals


def test_stamps_of_a_camera_are_kept():
    stamps = [NOW - 40 * MS + 33 * MS * n for n in range(20)]
    found, _ = times(stamps)
    assert found == [(stamp, None) for stamp in stamps]


def test_missing_stamps_are_replaced_one_by_one():
    found, arrivals = times([0, NOW, 0, NOW + 66 * MS])
    assert [time for time, _ in found] == [arrivals[0], NOW, arrivals[2], NOW + 66 * MS]
    assert [fault for _, fault in found] == [StampFault.MISSING, None] * 2


def test_stamps_that_stand_still_are_replaced_until_they_go_on():
    standing = [NOW] * 20
    going = [NOW + 33 * MS * n for n in range(20, 40)]
    found, arrivals = times(standing + going)
    faults = [fault for _, fault in found]
    assert faults[:5] == [None] * 5
    assert faults[5:24] == [StampFault.FROZEN] * 19
    assert faults[24:] == [None] * 16
    assert [time for time, _ in found[5:24]] == arrivals[5:24]


def test_an_image_that_comes_twice_is_no_fault():
    stamps = [NOW + 33 * MS * (n // 2) for n in range(20)]
    assert all(fault is None for _, fault in times(stamps)[0])


@pytest.mark.parametrize("clock", [5_000 * MS, NOW - 3_600_000 * MS, NOW + 10_000 * MS])
def test_stamps_of_another_clock_are_replaced_from_the_first_on(clock):
    stamps = [clock + 33 * MS * n for n in range(20)]
    found, arrivals = times(stamps)
    assert found == [(arrival, StampFault.FOREIGN) for arrival in arrivals]
    found, _ = times(stamps, same_clock=False)
    assert found == [(stamp, None) for stamp in stamps]


def test_a_clock_that_is_set_right_counts_again():
    stamps = [5_000 * MS] * 1 + [NOW + 33 * MS * n for n in range(1, 20)]
    faults = [fault for _, fault in times(stamps)[0]]
    assert faults[:5] == [StampFault.FOREIGN] * 5
    assert faults[5:] == [None] * 15


def test_one_odd_stamp_changes_nothing():
    stamps = [NOW + 33 * MS * n for n in range(20)]
    stamps[10] = 5
    assert all(fault is None for _, fault in times(stamps)[0])


def test_a_clock_that_does_not_run_yet_is_no_measure():
    stamps = [NOW + 33 * MS * n for n in range(3)]
    found, _ = times(stamps, arrivals=[0, 0, 0])
    assert found == [(stamp, None) for stamp in stamps]


def test_stamps_stand_still_with_the_clock():
    found, _ = times([NOW] * 20, arrivals=[NOW] * 20)
    assert found == [(NOW, None)] * 20


@given(st.lists(st.tuples(st.integers(0, 2**62), st.integers(0, 2**62)), max_size=40))
def test_the_time_is_always_one_of_both(pairs):
    guard = StampGuard(same_clock=True)
    for stamp, arrival in pairs:
        time = guard.time(stamp, arrival)
        assert time == (stamp if guard.fault is None else arrival)
