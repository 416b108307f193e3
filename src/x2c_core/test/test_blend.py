# SPDX-License-Identifier: Apache-2.0
"""Sliders and expressions mixed into one face."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from x2c_core.control_space import controls, expressions
from x2c_core.control_space.blend import EXPRESSION_NAMES, Blend
from x2c_core.errors import ControlError

SHARES = st.floats(0.0, 1.0)
CHANGES = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(EXPRESSION_NAMES), SHARES),
        st.tuples(st.sampled_from(controls.NAMES), st.floats(-5.0, 5.0), st.booleans()),
    ),
    max_size=12,
)


def changed(changes: list[tuple[object, ...]]) -> Blend:
    blend = Blend()
    for change in changes:
        if len(change) == 2:
            blend.set_expressions(dict([change]))
        else:
            name, value, together = change
            blend.set_controls({name: value}, together)
    return blend


def test_a_new_blend_is_neutral() -> None:
    np.testing.assert_allclose(Blend().values, controls.NEUTRAL)


@pytest.mark.parametrize("name", EXPRESSION_NAMES)
def test_a_whole_expression_is_that_expression(name: str) -> None:
    blend = Blend()
    blend.set_expressions({name: 1.0})
    np.testing.assert_allclose(blend.values, expressions.values(name))


@given(CHANGES)
def test_values_are_always_in_range(changes: list[tuple[object, ...]]) -> None:
    values = changed(changes).values
    assert (values >= controls.MINIMUM - 1e-9).all()
    assert (values <= controls.MAXIMUM + 1e-9).all()


@given(CHANGES, st.sampled_from(controls.CONTROLS), SHARES)
def test_a_control_set_by_hand_has_that_value_whatever_was_before(
    changes: list[tuple[object, ...]], control: controls.Control, share: float
) -> None:
    value = control.minimum + share * (control.maximum - control.minimum)
    blend = changed(changes)
    blend.set_controls({control.name: value})
    assert blend.values[control.index] == pytest.approx(value, abs=1e-9)


@given(CHANGES)
def test_reset_brings_back_the_neutral_face(changes: list[tuple[object, ...]]) -> None:
    blend = changed(changes)
    blend.reset()
    np.testing.assert_allclose(blend.values, controls.NEUTRAL)
    assert not any(blend.amounts.values())


def test_taking_an_expression_back_leaves_what_was_set_by_hand() -> None:
    blend = Blend()
    blend.set_controls({"Brow Inner Left": 0.9})
    blend.set_expressions({"anger": 0.4})
    blend.set_expressions({"anger": 0.0})
    np.testing.assert_allclose(blend.values, controls.from_names({"Brow Inner Left": 0.9}))


def test_a_layer_asks_only_for_what_was_moved() -> None:
    blend = Blend()
    assert blend.layer.empty
    blend.set_controls({"Lip Corner Stretch Left": 1.0}, together=True)
    blend.set_expressions({"anger": 0.5})
    blend.set_expressions({"anger": 0.0})
    both = {"Lip Corner Stretch Left", "Lip Corner Stretch Right"}
    asked = {controls.NAMES[k] for k in np.flatnonzero(blend.layer.mask)}
    assert asked == both | set(expressions.EXPRESSIONS["anger"])
    np.testing.assert_allclose(blend.layer.values, blend.values)
    blend.reset()
    assert blend.layer.empty


def test_together_moves_the_other_side_by_the_same_deflection() -> None:
    blend = Blend()
    blend.set_controls({"Lip Corner Stretch Left": 1.0}, together=True)
    assert blend.values[controls.index("Lip Corner Stretch Right")] == pytest.approx(1.0)
    blend.set_controls({"Lip Corner Stretch Left": 0.32}, together=True)
    assert blend.values[controls.index("Lip Corner Stretch Right")] == pytest.approx(0.155)


@pytest.mark.parametrize("amount", [-0.1, 1.1, math.nan, "0.5", None])
def test_an_amount_that_is_none_is_refused(amount: object) -> None:
    blend = Blend()
    with pytest.raises(ControlError, match="smile: expected a number from 0 to 1"):
        blend.set_expressions({"smile": amount})  # type: ignore[dict-item]
    assert not any(blend.amounts.values())


def test_an_unknown_expression_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ControlError, match=r"unknown expression 'smirk'.*smile, laugh"):
        Blend().set_expressions({"smirk": 1.0})


@pytest.mark.parametrize("wish", [{"Jaw": 1.0}, {"Jaw Pitch": math.inf}, {"Jaw Pitch": "wide"}])
def test_a_control_that_cannot_be_is_refused(wish: dict[str, float]) -> None:
    blend = Blend()
    with pytest.raises(ControlError, match="Jaw"):
        blend.set_controls({"Head Yaw": 0.1, **wish})
    np.testing.assert_allclose(blend.values, controls.NEUTRAL)
