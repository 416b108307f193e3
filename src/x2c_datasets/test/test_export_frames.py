# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from x2c_bags.frames.recorded_run import Joints
from x2c_datasets.export.frames import Episodes, JointTrack, rate_of
from x2c_datasets.export.pairs import BagPair

MS = 1_000_000
SECOND = 1000 * MS


def pairs(*milliseconds):
    nothing = np.empty((0, 0, 3), np.uint8)
    return [BagPair(t * MS, nothing, b"", np.zeros(30)) for t in milliseconds]


def cut(given, rate=10, gap=0.25, shortest=1, longest=1000):
    """Return the stamps [ms] of the frames of each episode, and how many were left out."""
    episodes, cutter = [[]], Episodes(rate, gap, shortest, longest)
    for frame in cutter.frames(given):
        if frame is None:
            episodes.append([])
        else:
            episodes[-1].append(frame.stamp // MS)
    assert episodes[-1] == []
    return episodes[:-1], cutter.too_short


def test_regular_pairs_are_the_frames():
    assert cut(pairs(0, 100, 200, 300)) == ([[0, 100, 200, 300]], 0)


def test_a_missed_image_is_repeated():
    assert cut(pairs(0, 100, 300, 400)) == ([[0, 100, 100, 300, 400]], 0)


def test_a_faster_camera_is_thinned_out():
    assert cut(pairs(*range(0, 420, 20))) == ([[0, 100, 200, 300, 400]], 0)


def test_gaps_and_backward_stamps_begin_new_episodes():
    given = [*pairs(0, 100, 900, 1000), None, *pairs(1100, 50, 150)]
    assert cut(given) == ([[0, 100], [900, 1000, 1100], [50, 150]], 0)


def test_short_episodes_are_left_out_and_counted():
    assert cut(pairs(0, 100, 200, 900, 1000), shortest=3) == ([[0, 100, 200]], 2)


def test_long_episodes_are_cut():
    episodes, _ = cut(pairs(*range(0, 1000, 100)), longest=4)
    assert [len(one) for one in episodes] == [4, 4, 2]
    assert [t for one in episodes for t in one] == list(range(0, 1000, 100))


@given(steps=st.lists(st.integers(1, 240), min_size=1, max_size=60), rate=st.integers(1, 120))
def test_each_frame_is_the_pair_nearest_to_its_tick(steps, rate):
    stamps = np.cumsum([0, *steps])
    ((frames,), _) = cut(pairs(*map(int, stamps)), rate=rate)
    for tick, frame in enumerate(frames):
        wanted = tick * 1000 / rate
        assert abs(frame - wanted) <= np.abs(stamps - wanted).min() + 1e-6
    # No tick is later than the last pair by more than half a period.
    assert (len(frames) - 1.5) * 1000 / rate <= stamps[-1] + 1e-6
    assert (len(frames) + 0.5) * 1000 / rate > stamps[-1] - 1e-6


@pytest.mark.parametrize(
    ("stamps", "rate"),
    [
        ([0, 33_333_333, 66_666_666, 200_000_000, 233_333_333], 30),
        ([0, 16_600_000, 33_300_000], 60),
        ([5], 30),
        ([3, 2, 1], 30),
        ([0, 10 * SECOND], 1),
    ],
)
def test_the_rate_is_that_of_most_images(stamps, rate):
    assert rate_of(stamps) == rate


def test_joints_are_those_nearest_in_time():
    joints = Joints(("jaw", "neck"), np.array([[1.0, 2.0], [3.0, np.nan], [5.0, 6.0]]))
    track = JointTrack.of(np.array([0, 40, 100]) * MS, joints)
    assert track.at(30 * MS).tolist() == [1.0, 2.0]
    assert track.at(80 * MS).tolist() == [5.0, 6.0]
    assert track.at(-50 * MS).tolist() == [1.0, 2.0]
    assert track.at(400 * MS) is None
    assert JointTrack.of(np.zeros(0, np.int64), Joints((), np.zeros((0, 0)))) is None
