# SPDX-License-Identifier: Apache-2.0
from hypothesis import given
from hypothesis import strategies as st

from x2c_imitation.face_mixer.mixed_stamps import MixedStamps

SECOND = 1_000_000_000


def test_stamps_of_imitation_pass_unchanged_whatever_they_are():
    stamps = MixedStamps()
    for clock, stamp in enumerate([5 * SECOND, 6 * SECOND, 2 * SECOND, 0, 900 * SECOND]):
        assert stamps.of_imitation(stamp, clock * SECOND) == stamp


def test_a_face_in_between_is_as_old_as_imitation():
    stamps = MixedStamps()
    stamps.of_imitation(5 * SECOND, 100 * SECOND)
    assert stamps.in_between(100 * SECOND + SECOND // 4) == 5.25 * SECOND


def test_stamps_do_not_go_back_where_imitation_comes_a_little_early():
    stamps = MixedStamps()
    stamps.of_imitation(5 * SECOND, 100 * SECOND)
    ahead = stamps.in_between(100 * SECOND + 50)
    assert stamps.of_imitation(ahead - 1, 100 * SECOND + 60) == ahead
    assert stamps.of_imitation(ahead + 1, 100 * SECOND + 90) == ahead + 1


def test_stamps_do_not_go_back_after_a_stall():
    stamps = MixedStamps()
    stamps.of_imitation(5 * SECOND, 100 * SECOND)
    ahead = stamps.in_between(110 * SECOND)
    # A queue is worked off: what imitation answers now is old.
    assert stamps.of_imitation(6 * SECOND, 110 * SECOND) == ahead
    assert stamps.in_between(110 * SECOND + 1) == ahead
    assert stamps.of_imitation(16 * SECOND, 111 * SECOND) == 16 * SECOND


def test_a_clock_that_rests_or_goes_back_takes_no_stamp_along():
    stamps = MixedStamps()
    stamps.of_imitation(5 * SECOND, 100 * SECOND)
    for clock in (100, 100, 40):
        assert stamps.in_between(clock * SECOND) == 5 * SECOND


def test_the_clock_counts_only_until_imitation_comes():
    stamps = MixedStamps()
    assert stamps.in_between(900 * SECOND) == 900 * SECOND
    # The first image took long: it is of the same clock.
    assert stamps.of_imitation(897 * SECOND, 901 * SECOND) == 900 * SECOND
    assert stamps.in_between(906 * SECOND) == 902 * SECOND


def test_imitation_of_another_clock_is_followed():
    stamps = MixedStamps()
    stamps.in_between(900 * SECOND)
    assert stamps.of_imitation(5 * SECOND, 901 * SECOND) == 5 * SECOND
    assert stamps.in_between(901 * SECOND + SECOND // 2) == 5.5 * SECOND


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 20), st.integers(0, 20))))
def test_stamps_go_back_only_with_those_of_imitation(steps):
    stamps, clock, newest = MixedStamps(), 100 * SECOND, 99 * SECOND
    before = stamps.of_imitation(newest, clock)
    for imitated, passed, progress in steps:
        clock += passed * SECOND
        if imitated:
            newest += progress * SECOND
            stamp = stamps.of_imitation(newest, clock)
        else:
            stamp = stamps.in_between(clock)
        assert stamp >= before
        before = stamp
