# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from x2c_core.control_space import controls
from x2c_core.control_space.control_error import absolute_errors, control_error, scaled
from x2c_core.control_space.controls import Group

GAZE = controls.group_indices(Group.GAZE)


def test_ranges_are_scaled_to_minus_one_and_one():
    np.testing.assert_allclose(scaled(controls.MINIMUM), -1.0)
    np.testing.assert_allclose(scaled(controls.MAXIMUM), 1.0)


@given(st.integers(0, 29), st.floats(-1.0, 1.0))
def test_an_error_counts_by_its_share_of_the_range(place, share):
    reference = np.tile(controls.NEUTRAL, (4, 1))
    values = reference.copy()
    values[:, place] += share * (controls.MAXIMUM - controls.MINIMUM)[place]
    error = control_error(values, reference)
    assert error.by_control[place] == pytest.approx(2.0 * abs(share), abs=1e-9)
    assert error.mean == pytest.approx(2.0 * abs(share) / 30.0, abs=1e-9)


def test_gaze_is_left_out_where_both_upper_lids_of_the_reference_are_shut():
    reference = np.tile(controls.NEUTRAL, (4, 1))
    lids = [controls.index(f"Eyelid Upper {side}") for side in ("Left", "Right")]
    reference[0, lids] = -0.1
    reference[1, lids[0]] = -0.1
    values = reference.copy()
    values[:, GAZE] = controls.MAXIMUM[GAZE]
    errors = absolute_errors(values, reference)
    assert np.isnan(errors[0, GAZE]).all()
    assert np.isfinite(errors[1:]).all()
    error = control_error(values, reference)
    assert error.gaze_masked == 1
    seen = control_error(values[1:], reference[1:])
    assert error.by_group[Group.GAZE] == pytest.approx(seen.by_group[Group.GAZE])


@given(arrays(np.float64, (7, 30), elements=st.floats(-3.0, 3.0)))
def test_groups_and_frames_agree_with_the_mean(values):
    reference = np.tile(controls.NEUTRAL, (7, 1))
    error = control_error(values, reference)
    sizes = {group: len(controls.group_indices(group)) for group in Group}
    total = sum(error.by_group[group] * size for group, size in sizes.items())
    assert error.mean == pytest.approx(total / 30.0)
    assert error.largest >= error.p95 >= 0.0
    assert error.frames == 7


def test_nothing_has_no_error():
    assert control_error(np.empty((0, 30)), np.empty((0, 30))) is None
