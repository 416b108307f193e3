# SPDX-License-Identifier: Apache-2.0
import pytest

from x2c_imitation.face_mixer import benchmark


@pytest.mark.parametrize("fading", [False, True])
def test_benchmark_measures_every_setting(fading):
    cost = benchmark.measure(8, 20, fading=fading)
    assert cost.mix > 0.0
    assert cost.take > 0.0
