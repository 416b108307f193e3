# SPDX-License-Identifier: Apache-2.0
from x2c_imitation.face_mixer.mixed_stamps import MixedStamps

SECOND = 1_000_000_000


def test_stamps_of_imitation_pass_unchanged_whatever_they_are():
    stamps = MixedStamps()
    for now, stamp in enumerate([5 * SECOND, 6 * SECOND, 2 * SECOND, 0, 900 * SECOND]):
        assert stamps.of_imitation(stamp, float(now)) == stamp


def test_a_face_in_between_is_as_old_as_imitation():
    stamps = MixedStamps()
    stamps.of_imitation(5 * SECOND, 100.0)
    assert stamps.in_between(100.25, clock=77) == 5.25 * SECOND


def test_stamps_do_not_go_back_where_imitation_comes_a_little_early():
    stamps = MixedStamps()
    stamps.of_imitation(5 * SECOND, 100.0)
    ahead = stamps.in_between(100.05, clock=0)
    assert stamps.of_imitation(ahead - 1, 100.06) == ahead
    assert stamps.of_imitation(ahead + 1, 100.09) == ahead + 1


def test_the_clock_counts_only_until_imitation_comes():
    stamps = MixedStamps()
    assert stamps.in_between(1.0, clock=900 * SECOND) == 900 * SECOND
    assert stamps.of_imitation(5 * SECOND, 2.0) == 5 * SECOND
    assert stamps.in_between(2.5, clock=901 * SECOND) == 5.5 * SECOND
