# SPDX-License-Identifier: Apache-2.0
"""Named expressions are faces that the robot can make."""

from __future__ import annotations

import numpy as np
import pytest

from x2c_core.control_space import controls, expressions


@pytest.mark.parametrize("name", expressions.EXPRESSIONS)
def test_expression_stays_in_upstreams_ranges(name: str) -> None:
    _, moved = controls.clamp(expressions.values(name))
    assert moved == 0


def test_neutral_is_neutral() -> None:
    np.testing.assert_array_equal(expressions.values("neutral"), controls.NEUTRAL)


def test_wink_shuts_only_the_left_eye() -> None:
    wink = expressions.values("wink")
    assert wink[controls.index("Eyelid Upper Left")] < 0.0
    assert wink[controls.index("Eyelid Upper Right")] == 1.0
