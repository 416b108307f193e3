# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from x2c_actuation.safety.sliding_range import SlidingRange


def test_the_lowest_and_highest_of_the_window_are_kept_at_any_rate():
    for rate in (7.0, 100.0, 5000.0):
        window = SlidingRange(1, 0.4)
        for i in range(round(2.0 * rate)):
            now = i / rate
            window.note(np.array([now]), now)
            low, high = window.at(now)
            assert high == pytest.approx(now)
            assert now - 0.4 - 0.4 / 16 - 1e-9 <= low[0]
            assert low[0] <= max(now - 0.4 + 1.0 / rate, 0.0) + 1e-9


def test_what_is_no_number_is_left_out_and_old_values_are_forgotten():
    window = SlidingRange(2, 0.4)
    window.note(np.array([1.0, np.nan]), 0.0)
    window.note(np.array([2.0, np.nan]), 0.01)
    low, high = window.at(0.02)
    assert (low[0], high[0]) == (1.0, 2.0)
    assert np.isnan(low[1])
    assert np.isnan(high[1])
    assert np.isnan(window.at(1.0)[0]).all()
    window.clear()
    assert np.isnan(window.at(0.02)[0]).all()


def test_the_range_is_the_same_however_seldom_it_is_asked_for():
    rng = np.random.default_rng(0)
    often, seldom = SlidingRange(3, 0.4), SlidingRange(3, 0.4)
    for i in range(3000):
        now, values = 0.007 * i, rng.normal(size=3)
        often.note(values, now)
        seldom.note(values, now)
        low, high = often.at(now + 0.001)
        # Also after all slots were used again.
        if rng.random() < 0.01:
            np.testing.assert_array_equal((low, high), seldom.at(now + 0.001))
        assert (low <= values).all()
        assert (values <= high).all()
