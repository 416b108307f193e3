# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from x2c_perception.performer import performer_truth
from x2c_perception.performer.script import (
    CHANNELS,
    DURATION,
    SCRIPT,
    frame_times,
    performance,
)
from x2c_perception.performer.truth import scripted_truth, write_truth


def test_shipped_truth_is_the_script() -> None:
    shipped, scripted = performer_truth(), scripted_truth()
    np.testing.assert_allclose(shipped.time, scripted.time, atol=1e-4)
    assert list(shipped.channels) == list(CHANNELS)
    for name, values in scripted.channels.items():
        np.testing.assert_allclose(shipped.channels[name], values, atol=1e-4, err_msg=name)


def test_truth_written_is_truth_read(tmp_path) -> None:
    truth = scripted_truth()
    write_truth(truth, tmp_path / "truth.csv")
    header, first, *rest = (tmp_path / "truth.csv").read_text(encoding="utf-8").splitlines()
    assert header.split(",") == ["frame", "time", *CHANNELS]
    assert first.startswith("0,0.0000,")
    assert len(rest) == len(truth.time) - 1


@given(st.floats(-1e4, 1e4))
def test_channels_stay_in_their_ranges_at_any_time(time: float) -> None:
    for name, values in performance(time).items():
        low, high = CHANNELS[name]
        assert low <= values[0] <= high


@given(st.floats(0.0, DURATION))
def test_performance_repeats(time: float) -> None:
    now, later = performance(time), performance(time + DURATION)
    for name, values in now.items():
        np.testing.assert_allclose(values, later[name], atol=1e-6, err_msg=name)


@pytest.mark.parametrize("time", [0.0, 0.3, DURATION - 1e-3])
def test_performance_starts_and_ends_neutral(time: float) -> None:
    for name, values in performance(time).items():
        assert abs(values[0]) < 0.03, name


@settings(max_examples=50)
@given(st.integers(0, len(frame_times()) - 1))
def test_performance_has_no_jumps_even_where_it_repeats(frame: int) -> None:
    time = frame_times()[frame]
    before, after = performance(time), performance(time + 1.0 / 30.0)
    for name, (low, high) in CHANNELS.items():
        assert abs(after[name][0] - before[name][0]) < 0.55 * (high - low), name


@pytest.mark.parametrize("name", CHANNELS)
def test_every_channel_is_exercised_both_ways(name: str) -> None:
    low, high = CHANNELS[name]
    values = performance(frame_times())[name]
    assert values.max() > 0.6 * high
    assert values.min() <= 0.6 * low


def test_movements_fit_in_the_performance() -> None:
    for key in SCRIPT:
        assert key.start >= 0.0
        assert key.start + key.rise + key.hold + key.fall <= DURATION
        assert set(key.peak) <= set(CHANNELS)
