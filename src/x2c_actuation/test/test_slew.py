# SPDX-License-Identifier: Apache-2.0
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from x2c_actuation.slew import LONGEST_STEP, SlewLimiter

MS = 1_000_000

times = st.integers(-(2**62), 2**62)
steps = st.lists(
    st.tuples(
        st.lists(st.floats(-10.0, 10.0), min_size=3, max_size=3), st.one_of(times, st.just(0))
    ),
    max_size=20,
)


def test_a_target_within_reach_is_taken_at_once_and_exactly():
    limiter = SlewLimiter([0.0, 0.0], [10.0, 10.0], now=0)
    positions, behind = limiter.step([0.1 + 0.2, -0.3], now=33 * MS)
    assert positions.tolist() == [0.1 + 0.2, -0.3]
    assert not behind.any()


def test_a_far_target_is_approached_at_the_highest_speed():
    limiter = SlewLimiter([0.0, 0.0], [10.0, 1.0], now=0)
    positions, behind = limiter.step([1.0, -1.0], now=20 * MS)
    np.testing.assert_allclose(positions, [0.2, -0.02])
    assert behind.all()
    positions, behind = limiter.step([1.0, -1.0], now=100 * MS)
    np.testing.assert_allclose(positions, [1.0, -0.1])
    assert behind.tolist() == [False, True]


def test_time_without_commands_does_not_add_up_to_a_jump():
    limiter = SlewLimiter([0.0], [1.0], now=0)
    positions, _ = limiter.step([5.0], now=60_000 * MS)
    np.testing.assert_allclose(positions, [LONGEST_STEP])


def test_a_jump_back_in_time_holds_and_then_goes_on():
    limiter = SlewLimiter([0.0], [1.0], now=10_000 * MS)
    positions, _ = limiter.step([1.0], now=500 * MS)
    assert positions.tolist() == [0.0]
    positions, _ = limiter.step([1.0], now=520 * MS)
    np.testing.assert_allclose(positions, [0.02])


def test_restart_keeps_positions_and_forgets_the_time_passed():
    limiter = SlewLimiter([0.5], [1.0], now=0)
    limiter.restart(now=1_000 * MS)
    positions, _ = limiter.step([1.0], now=1_010 * MS)
    np.testing.assert_allclose(positions, [0.51])


def test_what_is_returned_cannot_change_the_limiter():
    limiter = SlewLimiter([0.0], [1.0], now=0)
    positions, _ = limiter.step([1.0], now=10 * MS)
    positions[:] = np.nan
    limiter.positions[:] = np.nan
    assert np.isfinite(limiter.positions).all()


@given(steps=steps, velocity=st.lists(st.floats(0.01, 100.0), min_size=3, max_size=3))
def test_no_velocity_limit_is_passed_for_any_sequence_of_targets_and_times(steps, velocity):
    limiter = SlewLimiter([0.0, 0.0, 0.0], velocity, now=0)
    last, before = 0, np.zeros(3)
    for targets, now in steps:
        positions, behind = limiter.step(targets, now)
        allowed = np.array(velocity) * min(max((now - last) * 1e-9, 0.0), LONGEST_STEP)
        assert (np.abs(positions - before) <= allowed + 1e-9).all()
        # Never past the target, and there unless said otherwise.
        low, high = np.minimum(before, targets), np.maximum(before, targets)
        assert ((low - 1e-12 <= positions) & (positions <= high + 1e-12)).all()
        assert (positions[~behind] == np.array(targets)[~behind]).all()
        last, before = now, positions
