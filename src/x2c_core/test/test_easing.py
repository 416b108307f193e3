# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from x2c_core.easing import minimum_jerk, smoothstep


@pytest.mark.parametrize("curve", [smoothstep, minimum_jerk])
def test_a_change_starts_and_ends_at_rest_and_never_goes_back(curve):
    shares = np.linspace(0.0, 1.0, 1001)
    values = curve(shares)
    assert (values[0], values[500], values[-1]) == (0.0, 0.5, 1.0)
    steps = np.diff(values)
    assert (steps >= 0.0).all()
    assert max(steps[0], steps[-1]) < 1e-5


@pytest.mark.parametrize("curve", [smoothstep, minimum_jerk])
def test_before_and_after_the_change_the_value_stays(curve):
    assert curve(np.array([-2.0, 3.0])).tolist() == [0.0, 1.0]


def test_numbers_and_arrays_agree_to_the_last_bit():
    shares = np.linspace(-0.5, 1.5, 101)
    assert [smoothstep(float(one)) for one in shares] == smoothstep(shares).tolist()
    assert isinstance(smoothstep(0.3), float)


def test_the_type_of_an_array_is_kept():
    assert smoothstep(np.array([0.3], np.float32)).dtype == np.float32
