# SPDX-License-Identifier: Apache-2.0
"""Lag, correlation and amplitude of curves whose relation is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from x2c_evaluation.fidelity.measures.agreement import agreement

PERIOD = 1.0 / 30.0
TIMES = np.arange(300) * PERIOD


def smooth(times):
    return np.sin(2.0 * times) + 0.5 * np.sin(5.3 * times + 1.0)


@pytest.mark.parametrize("frames", [-5, -1, 0, 1, 4])
def test_a_delayed_copy_agrees_fully_at_its_delay(frames):
    found = agreement(smooth(TIMES), 0.7 * smooth(TIMES - frames * PERIOD) + 3.0, PERIOD)
    assert found.r == pytest.approx(1.0, abs=1e-9)
    assert found.lag == pytest.approx(frames * PERIOD, abs=2e-3)
    assert found.amplitude == pytest.approx(0.7, abs=0.01)
    assert found.pairs == len(TIMES) - abs(frames)


@pytest.mark.parametrize("seconds", [0.05, 0.08, 0.111])
def test_a_lag_between_frames_is_found(seconds):
    found = agreement(smooth(TIMES), smooth(TIMES - seconds), PERIOD)
    assert found.lag == pytest.approx(seconds, abs=4e-3)


def test_a_delay_beyond_the_longest_is_not_looked_for():
    found = agreement(smooth(TIMES), smooth(TIMES - 0.5), PERIOD)
    assert abs(found.lag) <= 0.2


def test_noise_lowers_the_correlation_as_it_should():
    noise = np.random.default_rng(0).normal(0.0, 1.0, 20000)
    signal = np.random.default_rng(1).normal(0.0, 1.0, 20000)
    found = agreement(signal, signal + noise, PERIOD)
    assert found.r == pytest.approx(1.0 / np.sqrt(2.0), abs=0.02)
    assert found.lag == pytest.approx(0.0, abs=0.02)


def test_the_opposite_motion_is_no_agreement():
    slow = np.sin(0.8 * TIMES)
    assert agreement(slow, -slow, PERIOD).r < 0.0


def test_missing_samples_are_passed_over():
    first, second = smooth(TIMES), smooth(TIMES - 2 * PERIOD)
    first[50:80] = np.nan
    second[200:210] = np.nan
    found = agreement(first, second, PERIOD)
    assert found.r == pytest.approx(1.0)
    assert found.lag == pytest.approx(2 * PERIOD, abs=2e-3)
    assert found.pairs == len(TIMES) - 2 - 30 - 10


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (np.zeros(100), smooth(TIMES[:100])),
        (smooth(TIMES[:100]), np.full(100, 2.0)),
        (smooth(TIMES[:100]), np.full(100, np.nan)),
        (smooth(TIMES[:10]), smooth(TIMES[:10])),
        (np.zeros(0), np.zeros(0)),
    ],
)
def test_flat_missing_or_short_curves_have_no_agreement(first, second):
    assert agreement(first, second, PERIOD) is None


@settings(max_examples=80, deadline=None)
@given(arrays(np.float64, (2, 60), elements=st.floats(-1e6, 1e6) | st.just(np.nan)))
def test_figures_are_always_numbers_in_range(curves):
    found = agreement(*curves, PERIOD)
    if found is not None:
        assert -1.0 <= found.r <= 1.0
        assert abs(found.lag) <= 0.2
        assert np.isfinite(found.amplitude)
