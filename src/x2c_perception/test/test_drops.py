# SPDX-License-Identifier: Apache-2.0
"""Estimating from stamps how many images were lost."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from x2c_perception.drops import DropEstimator


def dropped(stamps):
    drops = DropEstimator()
    for stamp in stamps:
        drops.arrived(stamp)
    return drops.dropped


def test_a_regular_stream_has_no_drops():
    assert dropped(np.arange(300) / 30.0) == 0


def test_jitter_is_no_drop():
    jitter = np.random.default_rng(0).uniform(-0.004, 0.004, 300)
    assert dropped(np.arange(300) / 30.0 + jitter) == 0


def test_missing_images_are_counted():
    stamps = np.delete(np.arange(200) / 30.0, [50, 80, 81, 120])
    assert dropped(stamps) == 4


def test_every_third_missing_is_noticed():
    stamps = np.arange(300) / 30.0
    kept = stamps[np.arange(300) % 3 != 2]
    assert dropped(kept) > 80


def test_after_a_restart_the_gap_is_no_drop():
    drops = DropEstimator()
    for stamp in np.arange(30) / 30.0:
        drops.arrived(stamp)
    drops.restart()
    drops.arrived(1000.0)
    assert drops.dropped == 0


@pytest.mark.parametrize("count", [8, 9, 10, 11, 60])
def test_the_lower_quartile_tells_what_is_regular(count):
    distances = np.random.default_rng(count).uniform(0.02, 0.05, count)
    stamps = np.concatenate([[0.0], np.cumsum(distances)])
    period = np.percentile([*np.diff(stamps)[-59:], 1.0], 25.0)
    assert dropped([*stamps, stamps[-1] + 1.49 * period]) == dropped(stamps)
    assert dropped([*stamps, stamps[-1] + 1.53 * period]) == dropped(stamps) + 1


@given(st.lists(st.floats(-1e9, 1e9), max_size=50))
def test_any_stamps_are_taken(stamps):
    assert dropped(stamps) >= 0
