# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from x2c_core.control_space import controls
from x2c_datasets.animation import kinds, motions
from x2c_datasets.animation.animation import make_animation
from x2c_datasets.animation.expression_library import EMOTIONS, SOUNDS
from x2c_datasets.formats import layout

TIMES = np.linspace(0.0, 1.0, 41)


@given(st.integers(0, 2**63 - 1), st.integers(0, 10**6), st.integers(2, 40))
def test_values_are_in_range_and_times_in_order(seed, index, frames):
    animation = make_animation(seed, index, frames)
    assert animation.values.shape == (frames, controls.COUNT)
    assert (animation.values >= controls.MINIMUM).all()
    assert (animation.values <= controls.MAXIMUM).all()
    assert (np.diff(animation.times) >= 0.0).all()
    assert animation.times[0] >= 0.0
    assert animation.times[-1] <= 3.0


def test_an_animation_depends_on_seed_and_number_alone():
    one, same = make_animation(3, 7, 10), make_animation(3, 7, 10)
    assert one.name == same.name
    assert np.array_equal(one.values, same.values)
    for other in (make_animation(4, 7, 10), make_animation(3, 8, 10)):
        assert not np.array_equal(one.values, other.values)


@given(st.integers(0, 2**32 - 1))
def test_every_kind_begins_and_ends_neutral(seed):
    for play in kinds._KINDS.values():
        _, deflections = play(np.array([0.0, 1.0]), np.random.default_rng(seed))
        assert np.allclose(deflections, 0.0)


def test_a_cycle_reaches_its_peak():
    pose = np.full(controls.COUNT, 0.5)
    course = motions.cycle(pose, TIMES, np.random.default_rng(1))
    assert np.allclose(course.max(axis=0), 0.5, atol=0.02)


def test_stations_are_passed():
    poses = np.array([np.full(controls.COUNT, 0.4), np.full(controls.COUNT, -0.8)])
    course = motions.through(poses, np.array([0.0, 1 / 3, 2 / 3, 1.0]))
    assert np.allclose(course[:, 0], [0.0, 0.4, -0.8, 0.0])


def test_blinks_shut_both_lids_and_nothing_else():
    shut = np.array([0.0, 1.0])
    changed = motions.shut_lids(np.zeros((2, controls.COUNT)), shut)
    assert not changed[0].any()
    moved = [controls.NAMES[i] for i in np.flatnonzero(changed[1])]
    assert moved == ["Eyelid Upper Left", "Eyelid Upper Right"]
    assert controls.from_deflection(changed[1])[6] < 0.0


def test_singles_move_one_control_only():
    single = next(
        one
        for one in (make_animation(0, index, 12) for index in range(200))
        if one.name.startswith("single")
    )
    moved = np.flatnonzero(np.abs(single.values - controls.NEUTRAL).max(axis=0) > 1e-4)
    assert [controls.NAMES[i] for i in moved] == [single.name.removeprefix("single: ")]


def test_every_kind_and_every_control_comes_up():
    animations = [make_animation(1, index, 4) for index in range(300)]
    assert {one.name.partition(":")[0] for one in animations} == set(kinds.SHARES)
    values = np.concatenate([one.values for one in animations])
    assert (np.ptp(values, axis=0) > 0.3 * (controls.MAXIMUM - controls.MINIMUM)).all()


def test_shares_of_the_kinds_add_up():
    assert sum(kinds.SHARES.values()) == pytest.approx(1.0)
    assert set(kinds.SHARES) == set(kinds._KINDS)


def test_peaks_are_deflections():
    for pose in [*EMOTIONS.values(), *SOUNDS.values()]:
        assert pose.any()
        assert np.abs(pose).max() <= 1.0


def test_splits_are_eight_to_one_to_one():
    splits = [layout.split_of(index) for index in range(100)]
    assert [splits.count(name) for name in layout.SPLITS] == [80, 10, 10]
