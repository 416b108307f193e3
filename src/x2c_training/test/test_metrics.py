# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from x2c_core.control_space import controls
from x2c_core.control_space.control_error import counted, scaled
from x2c_core.control_space.controls import Group
from x2c_training.evaluation.metrics import measure

GAZE = controls.group_indices(Group.GAZE)
LEFT, RIGHT = (controls.index(f"Eyelid Upper {side}") for side in ("Left", "Right"))
DEFLECTIONS = arrays.arrays(float, (3, controls.COUNT), elements=st.floats(-1.0, 1.0))


def values(deflections):
    return np.array([controls.from_deflection(one) for one in deflections])


def test_the_ranges_end_at_one():
    assert np.allclose(scaled(controls.MINIMUM), -1.0)
    assert np.allclose(scaled(controls.MAXIMUM), 1.0)


def test_gaze_counts_unless_both_eyes_are_shut():
    rows = np.tile(controls.NEUTRAL, (4, 1))
    rows[1, LEFT] = -0.5
    rows[2, [LEFT, RIGHT]] = -0.5
    rows[3, [LEFT, RIGHT]] = 0.0
    mask = counted(rows)
    assert mask[:, GAZE].all(axis=1).tolist() == [True, True, False, True]
    assert np.delete(mask, GAZE, axis=1).all()


def test_the_error_is_a_share_of_half_the_range():
    true = np.tile(controls.NEUTRAL, (2, 1))
    predicted = true.copy()
    jaw = controls.index("Jaw Pitch")
    predicted[0, jaw] -= 0.25
    errors = measure(predicted, true)
    assert errors.controls["Jaw Pitch"] == pytest.approx((0.25, 0.125))
    assert errors.groups["mouth"][0] == pytest.approx(0.25 / 14)
    assert errors.mae == pytest.approx(0.25 / 30)
    assert errors.mse == pytest.approx(0.125 / 30)
    assert errors.rows == 2


def test_an_error_in_the_gaze_of_shut_eyes_does_not_count():
    true = np.tile(controls.NEUTRAL, (2, 1))
    true[0, [LEFT, RIGHT]] = -0.5
    predicted = true.copy()
    predicted[0, GAZE] += 1.0
    assert measure(predicted, true).mae == 0.0
    predicted[1, GAZE] += 1.0
    # 2 of the 58 values that count.
    half = 0.5 * (controls.MAXIMUM - controls.MINIMUM)[GAZE]
    assert measure(predicted, true).mae == pytest.approx((1.0 / half).sum() / 58)


def test_where_nothing_counts_there_is_no_error():
    true = controls.NEUTRAL[None].copy()
    true[0, [LEFT, RIGHT]] = -0.5
    assert measure(true + 0.1, true).groups["gaze"] == (0.0, 0.0)


@given(DEFLECTIONS, DEFLECTIONS)
def test_the_whole_is_the_mean_of_what_counts(one, other):
    predicted, true = values(one), values(other)
    errors = measure(predicted, true)
    mask = counted(true)
    difference = np.abs(scaled(predicted) - scaled(true))[mask]
    assert errors.mae == pytest.approx(difference.mean())
    assert 0.0 <= errors.mse <= 2.0 * errors.mae + 1e-12
    assert measure(true, true).mae == 0.0
