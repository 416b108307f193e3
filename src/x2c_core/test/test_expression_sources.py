# SPDX-License-Identifier: Apache-2.0
"""Expression sources that come with x2c_core."""

from __future__ import annotations

import numpy as np
import pytest

from x2c_core.control_space import controls
from x2c_core.control_space.controls_table import HEADER
from x2c_core.control_space.expressions import EXPRESSIONS
from x2c_core.errors import X2CError
from x2c_core.face.frames import ControlState
from x2c_core.sources.expression_source import EXPRESSION_SOURCES
from x2c_core.sources.fixed_expression import FixedExpression
from x2c_core.sources.live_expression import LiveExpression
from x2c_core.sources.source import SourceError
from x2c_core.sources.table_expression import TableExpression, TableOptions
from x2c_core.system.fields import NoOptions


@pytest.fixture
def table(tmp_path):
    """A table (path) in which the jaw opens from 0 to 1 within a second."""
    jaw = controls.index("Jaw Pitch")
    rows = [",".join(HEADER)]
    for stamp, opening in ((10.0, 0.0), (11.0, 1.0)):
        values = controls.NEUTRAL.copy()
        values[jaw] = opening
        rows.append(",".join([f"{stamp:.6f}", *(f"{value:.6f}" for value in values)]))
    path = tmp_path / "wave.csv"
    path.write_text("\n".join(rows))
    return path


def jaw(source, time):
    return float(source.at(time).values[controls.index("Jaw Pitch")])


def test_a_table_is_chosen_by_its_ending_and_holds_its_last_row(table):
    cls, text = EXPRESSION_SOURCES.choose(str(table))
    assert cls is TableExpression
    with cls.from_text(text, cls.Options()) as source:
        assert source.duration == 1.0
        assert [jaw(source, time) for time in (0.0, 0.25, 1.0, 9.0)] == [0.0, 0.25, 1.0, 1.0]
        assert source.at(0.5).state is ControlState.TRACKING


def test_a_table_that_is_not_interpolated_holds_each_row(table):
    with TableExpression(str(table), TableOptions(interpolate=False)) as source:
        assert [jaw(source, time) for time in (0.0, 0.99, 1.0)] == [0.0, 0.0, 1.0]


def test_a_table_that_is_not_there_is_refused(tmp_path):
    source = TableExpression(str(tmp_path / "gone.csv"), TableOptions())
    with pytest.raises(SourceError, match=r"gone.csv is not open: call open\(\) first"):
        source.at(0.0)
    with pytest.raises(X2CError, match=r"gone.csv"):
        source.open()


def test_named_expressions_are_mixed_by_their_amounts():
    cls, text = EXPRESSION_SOURCES.choose("smile=0.5")
    source = cls.from_text(text, cls.Options())
    deflection = controls.to_deflection(source.at(3.0).values)
    for control, amount in EXPRESSIONS["smile"].items():
        assert deflection[controls.index(control)] == pytest.approx(0.5 * amount)
    assert source.duration is None


def test_the_neutral_expression_is_the_neutral_face():
    source = FixedExpression("neutral", NoOptions())
    np.testing.assert_allclose(source.at(0.0).values, controls.NEUTRAL)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("grimace", r"unknown expression 'grimace'; expected one of: neutral, smile"),
        ("smile,", r"unknown expression ''"),
        ("smile=2", r"'smile=2': expected an amount from 0 to 1 after '='"),
        ("smile=much", r"'smile=much': expected an amount"),
        ("smile=nan", r"'smile=nan': expected an amount"),
    ],
)
def test_an_expression_that_cannot_be_is_refused(text, reason):
    with pytest.raises(SourceError, match=reason):
        FixedExpression(text, NoOptions())


def test_live_values_are_those_of_the_moment():
    values = controls.NEUTRAL.copy()
    source = LiveExpression(lambda: values, "sliders")
    before = source.at(0.0).values.copy()
    values[controls.index("Jaw Pitch")] = 0.0
    assert before.tolist() != source.at(0.1).values.tolist()
