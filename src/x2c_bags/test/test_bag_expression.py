# SPDX-License-Identifier: Apache-2.0
"""Control values of a bag as an expression source."""

import numpy as np
import pytest

from x2c_bags.frames.bag_expression import BagExpression
from x2c_core.control_space import controls
from x2c_core.face.frames import ControlState
from x2c_core.sources.expression_source import EXPRESSION_SOURCES
from x2c_core.sources.source import SourceError

START = 1_700_000_000_000_000_000
JAW = controls.index("Jaw Pitch")


@pytest.fixture
def bag(writers, tmp_path):
    """Write a bag of (time [s], jaw, state) rows; returns its path."""

    def write(rows):
        messages = []
        for time, jaw, state in rows:
            values = controls.NEUTRAL.copy()
            values[JAW] = jaw
            stamp = START + round(time * 1e9)
            messages.append((stamp, writers.values(values, stamp, state)))
        return writers.write(tmp_path / "bag", {"/control_values": messages})

    return write


def test_recorded_values_hold_until_the_next_ones(bag):
    path = bag([(0.0, 1.0, 1), (0.5, 0.75, 1), (1.0, 0.5, 2)])
    cls, text = EXPRESSION_SOURCES.choose(str(path))
    assert cls is BagExpression
    for _ in range(2):
        with cls.from_text(text, cls.Options()) as source:
            assert source.duration == pytest.approx(1.0)
            jaw = [float(source.at(time).values[JAW]) for time in (0.0, 0.49, 0.5, 1.0, 9.0)]
            assert jaw == [1.0, 1.0, 0.75, 0.5, 0.5]
            assert source.at(1.0).state is ControlState.HOLDING


def test_what_the_mixer_made_of_them_is_played(tmp_path, writers):
    def said(jaw):
        values = controls.NEUTRAL.copy()
        values[JAW] = jaw
        return [(START, writers.values(values, START, 1))]

    topics = {"/control_values": said(0.25), "/mixer/control_values": said(0.5)}
    path = writers.write(tmp_path / "bag", topics)
    with BagExpression(str(path), BagExpression.Options()) as source:
        assert float(source.at(0.0).values[JAW]) == 0.5


def test_values_that_cannot_be_are_left_out_and_it_is_said(bag):
    path = bag([(0.0, np.nan, 1), (0.5, 0.75, 9), (1.0, 0.5, 1), (1.5, 0.25, 1)])
    with BagExpression(str(path), BagExpression.Options()) as source:
        assert source.duration == pytest.approx(0.5)
        assert [float(source.at(t).values[JAW]) for t in (0.0, 0.5)] == [0.5, 0.25]
        assert source.issues == (
            "2 control messages are not played: values or states that are none",
        )


def test_a_bag_without_control_values_is_refused(tmp_path, bag):
    path = bag([(0.0, np.nan, 1)])
    source = BagExpression(str(path), BagExpression.Options())
    with pytest.raises(SourceError, match="holds no control values; expected a recorded run"):
        source.open()
    with pytest.raises(SourceError, match=r"is not open: call open\(\) first"):
        source.at(0.0)
    with pytest.raises(SourceError, match="no bag at"):
        BagExpression(str(tmp_path / "gone"), BagExpression.Options()).open()
