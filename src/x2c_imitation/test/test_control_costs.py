# SPDX-License-Identifier: Apache-2.0
"""Costs of control values: convex for any robot, and against what excludes one another."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from x2c_core.control_space import controls
from x2c_imitation.solver.control_costs import costs, coupling

UNKNOWNS = np.arange(2 * controls.COUNT)
NAMES = [controls.NAMES[way % controls.COUNT] for way in UNKNOWNS]


@settings(max_examples=30, deadline=None)
@given(hnp.arrays(np.float64, UNKNOWNS.size, elements=st.floats(0.0, 100.0)))
def test_the_costs_have_one_minimum_for_any_robot(strength):
    squared, linear = costs(strength, NAMES)
    assert np.linalg.eigvalsh(np.diag(squared) + coupling(squared, UNKNOWNS)).min() > 0.0
    assert (linear > 0.0).all()


def test_a_wrinkled_nose_costs_more_in_a_smile():
    squared, _ = costs(np.ones(UNKNOWNS.size), NAMES)
    matrix = coupling(squared, UNKNOWNS)
    nose, corner = controls.index("Nose Wrinkle"), controls.index("Lip Corner Raise Left")
    assert matrix[nose, corner] == matrix[corner, nose] > 0.0
    assert matrix[nose, controls.COUNT + corner] == 0.0


def test_the_middle_of_a_lip_and_its_side_cost_less_together():
    squared, _ = costs(np.zeros(UNKNOWNS.size), NAMES)
    matrix = coupling(squared, UNKNOWNS)
    together = np.zeros(UNKNOWNS.size)
    alone = together.copy()
    alone[controls.index("Lip Top Raise Middle")] = 1.0
    together[[controls.index(f"Lip Top Raise {part}") for part in ("Left", "Middle", "Right")]] = 1
    assert alone @ matrix @ alone > 0.0
    assert together @ matrix @ together == 0.0
