# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from x2c_core.robot.piecewise import PiecewiseLines

coordinate = st.floats(-100.0, 100.0)
ascending = st.lists(st.integers(-1000, 1000), min_size=2, max_size=6, unique=True).map(sorted)
tables = ascending.flatmap(
    lambda places: st.lists(coordinate, min_size=len(places), max_size=len(places)).map(
        lambda values: np.column_stack([np.array(places) / 10.0, values])
    )
)


@given(functions=st.lists(tables, min_size=1, max_size=5), data=st.data())
def test_all_functions_are_what_numpy_interpolates(functions, data):
    count = len(functions)
    variables = np.array(data.draw(st.lists(coordinate, min_size=count, max_size=count)))
    expected = [
        np.interp(x, table[:, 0], table[:, 1])
        for x, table in zip(variables, functions, strict=True)
    ]
    assert PiecewiseLines(functions).at(variables) == pytest.approx(expected, abs=1e-9)
