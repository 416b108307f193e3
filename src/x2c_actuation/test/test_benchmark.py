# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from x2c_actuation.pipeline import benchmark


@pytest.mark.parametrize("face", benchmark.FACES)
def test_every_tick_is_measured_and_those_with_new_values_apart(robot, face):
    cost = benchmark.measure(robot, benchmark.FACES[face](np.random.default_rng(0)), 100)
    assert cost.all.shape == (100,)
    assert 28 <= len(cost.new) <= 32
    assert (cost.all > 0.0).all()
