# SPDX-License-Identifier: Apache-2.0
"""Expression sources that drive a robot over ROS."""

from __future__ import annotations

import itertools

import pytest
from rclpy.parameter import Parameter

from x2c_core.control_space import controls
from x2c_core.control_space.controls_table import HEADER
from x2c_core.control_space.expressions import EXPRESSIONS
from x2c_core.face.frames import NO_TRACK, ControlFrame, ControlState
from x2c_core.sources.expression_source import ExpressionSource
from x2c_core.sources.live_expression import LiveExpression
from x2c_imitation.expression_source_node import ExpressionSourceNode
from x2c_msgs.msg import ControlValues
from x2c_node.diagnostics import Level
from x2c_node.qos import STREAM

JAW = controls.index("Jaw Pitch")


@pytest.fixture
def got(ros):
    return ros.collect(ControlValues, "control_values", STREAM)


@pytest.fixture
def play(ros):
    """Start a node: play(source="smile"), or play(LiveExpression(...))."""

    def play(source=None, /, **given_values):
        overrides = [Parameter(name, value=value) for name, value in given_values.items()]
        node = ros.add(ExpressionSourceNode(source, parameter_overrides=overrides))
        node.start()
        return node

    return play


def test_sliders_are_published_while_active(play, got, wait_until):
    face = {"values": controls.NEUTRAL}
    node = play(LiveExpression(lambda: face["values"], "sliders"))
    message = wait_until(lambda: got and got[-1], what="control values")
    assert message.state == int(ControlState.TRACKING)
    assert list(message.values) == pytest.approx(list(controls.NEUTRAL), abs=1e-6)
    face["values"] = controls.from_names({"Jaw Pitch": 0.25})
    wait_until(lambda: abs(got[-1].values[JAW] - 0.25) < 1e-6, what="the jaw's new value")
    assert node.diagnosis().message == "1 subscriber on /control_values"


def test_another_publisher_is_reported(ros, play, wait_until):
    ros.publish(ControlValues, "control_values", STREAM)
    node = play(source="smile")
    wait_until(lambda: "1 other publishers" in node.diagnosis().message, what="the warning")


def test_a_named_expression_is_held(play, got, wait_until):
    play(source="smile")
    message = wait_until(lambda: got and got[-1], what="control values")
    deflection = controls.to_deflection(list(message.values))
    for control, amount in EXPRESSIONS["smile"].items():
        assert deflection[controls.index(control)] == pytest.approx(amount, abs=1e-5)


@pytest.fixture
def table(tmp_path):
    """A table (path) of 0.1 s in which the jaw goes from its upper to its lower end."""
    rows = [",".join(HEADER)]
    for stamp, opening in (("0.0", 1.0), ("0.05", 0.5), ("0.1", 0.0)):
        values = controls.NEUTRAL.copy()
        values[JAW] = opening
        rows.append(",".join([stamp, *(f"{value:.6f}" for value in values)]))
    path = tmp_path / "jaw.csv"
    path.write_text("\n".join(rows))
    return path


def test_a_table_is_played_once_to_its_last_row(play, got, table, wait_until):
    node = play(source=str(table), rate=100.0, interpolate=False)
    wait_until(lambda: node.finished, what="the end")
    wait_until(lambda: got and got[-1].values[JAW] == 0.0, what="the last row")
    assert {round(one.values[JAW], 6) for one in got} <= {1.0, 0.5, 0.0}
    assert "loop:=true would repeat it" in node.diagnosis().message


def test_a_table_in_a_loop_begins_again(play, got, table, wait_until):
    node = play(source=str(table), rate=100.0, loop=True)

    def falls():
        jaw = [one.values[JAW] for one in list(got)]
        return sum(later > earlier + 0.3 for earlier, later in itertools.pairwise(jaw))

    wait_until(lambda: falls() >= 2, what="two beginnings")
    assert not node.finished


class Broken(ExpressionSource):
    """Fails, leaves the range, and then works."""

    name = "broken"

    def __init__(self):
        self.asked = 0

    def at(self, time):
        self.asked += 1
        if self.asked == 1:
            raise KeyError("no values")
        values = controls.NEUTRAL.copy()
        values[JAW] = {2: float("nan"), 3: 99.0}.get(self.asked, 0.5)
        return ControlFrame(values, 1.0, ControlState.TRACKING, NO_TRACK)


def test_a_source_that_fails_is_counted_and_asked_again(play, got, wait_until):
    node = play(Broken())
    wait_until(lambda: len(got) >= 2, what="values after the failures")
    assert node.state == "active"
    assert [one.values[JAW] for one in got][:2] == [1.0, 0.5]


@pytest.mark.parametrize(
    ("given_values", "reason"),
    [
        ({}, "parameter source is empty; expected "),
        ({"source": "gone.csv"}, "gone.csv"),
        ({"source": "nothing-of-the-kind"}, "'nothing-of-the-kind' is no expression source"),
        ({"source": "expression:nonsense"}, "unknown expression 'nonsense'"),
        ({"source": "a.csv", "interpolate": "yes"}, "parameter interpolate: expected bool"),
    ],
)
def test_what_cannot_be_played_is_refused_in_one_sentence(play, given_values, reason):
    node = play(**given_values)
    assert node.state == "unconfigured"
    diagnosis = node.diagnosis()
    assert diagnosis.level is Level.ERROR
    assert reason in diagnosis.message
    assert "\n" not in diagnosis.message
