# SPDX-License-Identifier: Apache-2.0
"""The One-Euro filter."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from x2c_perception.tracking.one_euro import OneEuroFilter

SIGNALS = hnp.arrays(
    np.float64, st.tuples(st.integers(1, 20), st.just(3)), elements=st.floats(-1e6, 1e6)
)


@given(
    signals=SIGNALS,
    elapsed=st.floats(-1.0, 10.0),
    cutoff=st.floats(1e-3, 1e3),
    beta=st.floats(0.0, 1e3),
)
def test_output_is_finite_and_within_the_range_of_the_inputs(signals, elapsed, cutoff, beta):
    smooth = OneEuroFilter(cutoff, beta)
    for number, signal in enumerate(signals):
        out = smooth(signal, elapsed)
        seen = signals[: number + 1]
        assert np.isfinite(out).all()
        assert (out >= seen.min(axis=0)).all()
        assert (out <= seen.max(axis=0)).all()


@given(signals=SIGNALS, elapsed=st.floats(1e-9, 1e9))
def test_no_time_between_two_inputs_is_too_short_or_too_long(signals, elapsed):
    smooth = OneEuroFilter(1.0, 10.0)
    assert all(np.isfinite(smooth(signal, elapsed)).all() for signal in signals)


def test_the_first_input_passes_unchanged():
    assert OneEuroFilter(0.1, 0.0)([1.0, 2.0], 0.0).tolist() == [1.0, 2.0]


def test_after_a_reset_the_next_input_passes_unchanged():
    smooth = OneEuroFilter(0.1, 0.0)
    smooth([0.0], 0.01)
    smooth.reset()
    assert smooth([5.0], 0.01) == [5.0]


@pytest.mark.parametrize("elapsed", [0.0, -0.1, float("nan")])
def test_without_time_passing_the_output_stays(elapsed):
    smooth = OneEuroFilter(1.0, 0.0)
    smooth([1.0], 0.03)
    assert smooth([9.0], elapsed) == [1.0]


def test_at_rest_it_is_a_low_pass_of_the_given_cutoff():
    smooth = OneEuroFilter(2.0, 0.0)
    smooth([0.0], 0.001)
    steps = round(1.0 / (2.0 * np.pi * 2.0) / 0.001)
    out = [float(smooth([1.0], 0.001)[0]) for _ in range(steps)]
    assert out[-1] == pytest.approx(1.0 - np.exp(-1.0), abs=0.01)


def test_fast_signals_are_smoothed_less():
    slow, fast = OneEuroFilter(1.0, 0.0), OneEuroFilter(1.0, 5.0)
    ramp = np.arange(30) * 0.1
    assert fast_lag(fast, ramp) < 0.3 * fast_lag(slow, ramp)


def fast_lag(smooth, ramp):
    return [float(value - smooth([value], 1 / 30)[0]) for value in ramp][-1]


def test_noise_is_cut():
    noise = np.random.default_rng(1).normal(0.0, 0.01, (300, 50))
    smooth = OneEuroFilter(1.0, 1.0)
    out = np.array([smooth(one, 1 / 30) for one in noise])
    assert out[30:].std() < 0.5 * noise[30:].std()


def test_signals_can_have_a_cutoff_each():
    smooth = OneEuroFilter(np.array([[0.1], [100.0]]), 0.0)
    smooth(np.zeros((2, 3)), 0.03)
    out = smooth(np.ones((2, 3)), 0.03)
    assert (out[0] < 0.1).all()
    assert (out[1] > 0.9).all()
