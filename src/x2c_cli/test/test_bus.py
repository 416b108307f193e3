# SPDX-License-Identifier: Apache-2.0
"""Commands for nodes that others have started, over the middleware."""

import json
import socket

import pytest
from rcl_interfaces.msg import ParameterType
from rclpy.parameter import Parameter
from std_msgs.msg import Bool

from x2c_actuation.actuation_node import ActuationNode
from x2c_cli.bus.finding import normal, within
from x2c_cli.bus.messages import as_text, part
from x2c_cli.bus.parameters import _parsed
from x2c_cli.errors import BusError
from x2c_core.ports import free_port
from x2c_msgs.msg import ActuationState, ControlValues
from x2c_perception.face_tracker_node import FaceTrackerNode
from x2c_sources.blendshape_node import BlendshapeNode


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """Give discovery more time than a user would, but none beyond what a test looks for."""
    monkeypatch.setattr("x2c_cli.bus.connection.DISCOVERY", 60.0)
    monkeypatch.setattr("x2c_cli.bus.connection.ANNOUNCED", 0.0)
    monkeypatch.setattr("x2c_cli.bus.connection._ANSWER", 60.0)


@pytest.fixture
def actuation(node_inside, wait_until):
    """Start an actuation node, and wait until it is active."""

    def start(namespace="", **parameters):
        inside = node_inside(ActuationNode, namespace=namespace, parameters=parameters)
        if parameters.get("autostart", True):
            wait_until(lambda: inside.node.state == "active", what="an active node")
        return inside

    return start


@pytest.fixture
def newest(ros, wait_until):
    """Return a function that returns the newest state of a node, and waits for the first."""

    def listen(node="/actuation_node"):
        states = ros.collect(ActuationState, f"{node}/state")
        return lambda: wait_until(lambda: states and states[-1], what="a state")

    return listen


@pytest.mark.parametrize("namespace", ["", "/left"])
def test_a_stop_is_confirmed_then_reset_then_enabled(
    newest, wait_until, actuation, x2c, namespace
):
    actuation(namespace)
    node = f"{namespace}/actuation_node"
    status, said = x2c("estop", "--timeout", 60)
    assert (status, f"stopped: {node}" in said) == (0, True), said
    state = newest(node)
    wait_until(lambda: state().state == ActuationState.STOPPED, what="a stopped node")
    status, said = x2c("enable")
    assert status == 1, said
    assert "reset" in said
    assert x2c("reset")[0] == 0
    assert x2c("enable")[0] == 0
    wait_until(lambda: state().armed, what="an enabled node")
    assert x2c("neutral")[0] == 0
    assert x2c("disable")[0] == 0
    wait_until(lambda: not state().armed, what="a disabled node")


def test_a_stop_that_nobody_hears_is_no_success(x2c):
    status, said = x2c("estop", "--timeout", 0.5)
    assert status == 1
    assert "NOT CONFIRMED: no actuation node was found" in said
    assert "cut the motors' power" in said


def test_a_node_that_says_nothing_does_not_confirm(ros, wait_until, actuation, x2c):
    process = actuation(autostart=False)
    wait_until(lambda: ros.transition("actuation_node", "configure"), what="a configured node")

    def silent():
        status, said = x2c("estop", "--timeout", 3)
        assert status == 1, said
        return "NOT CONFIRMED: /actuation_node says nothing" in said

    wait_until(silent, what="a stop that is not confirmed")
    assert process.running


def test_a_stop_that_another_publisher_asserts_is_not_reset(
    ros, newest, wait_until, actuation, x2c
):
    actuation()
    state = newest()
    publisher = ros.publish(Bool, "/estop")
    wait_until(publisher.get_subscription_count, what="a listener")

    def pressed():
        # The node may know of this publisher later than the publisher of the node.
        publisher.publish(Bool(data=True))
        return state().estop_pressed

    wait_until(pressed, what="a stop")
    status, said = x2c("reset")
    assert status == 1
    assert "release it first" in said


def test_with_two_robots_a_choice_is_asked_for(actuation, x2c, wait_until):
    actuation("/left")
    actuation("/right")
    # Where one robot is not discovered yet, the other one is enabled, which does no harm.
    status, said = wait_until(
        lambda: next((one for one in [x2c("enable")] if one[0] == 2), None), what="both robots"
    )
    assert "/left/actuation_node, /right/actuation_node; choose with --namespace" in said
    status, said = x2c("enable", "--namespace", "left")
    assert status == 0
    assert said.startswith("/left/actuation_node: ")
    # Each command joins the bus anew, so it may not discover both at once either.
    wait_until(lambda: x2c("enable", "--all")[1].count("\n") == 2, what="both, enabled")
    status, said = x2c("estop", "--namespace", "left", "--timeout", 60)
    assert status == 0
    assert "right" not in said


def test_parameters_are_set_and_typos_are_understood(ros, actuation, x2c, wait_until, monkeypatch):
    actuation("/left")
    status, said = x2c("set", "actuation_node", "ramp_time", "2")
    assert (status, said) == (0, "/left/actuation_node: ramp_time = 2.0 (was 0.6)\n")
    assert ros.get_parameters("/left/actuation_node", "ramp_time") == [2.0]
    with monkeypatch.context() as patch:
        # A name that nobody has is waited for.
        patch.setattr("x2c_cli.bus.connection.DISCOVERY", 2.0)

        def helped():
            status, said = x2c("set", "actuation_nod", "ramp_time", "2")
            assert status == 2
            return "did you mean 'actuation_node'?" in said

        wait_until(helped, what="the name that is like it")
    for words, expected in (
        (("actuation_node", "ramptime", "2"), "did you mean 'ramp_time'?"),
        (("actuation_node", "ramp_time", "soon"), "ramp_time: expected a number, got 'soon'"),
        (("actuation_node", "ramp_time", "-1"), "refuses ramp_time = -1"),
        (("actuation_node", "resume", "1"), "resume: expected true or false, got '1'"),
    ):
        status, said = x2c("set", *words)
        assert status == 2
        assert expected in said


def test_topics_and_messages_are_shown(ros, wait_until, actuation, x2c, monkeypatch):
    actuation()
    line = wait_until(
        lambda: [
            one
            for one in x2c("topics")[1].splitlines()
            if one.startswith("/actuation_node/state ")
        ],
        what="the topic in the list",
    )[0]
    assert line.endswith("x2c_msgs/msg/ActuationState  (1 publisher, 0 subscriptions)")
    status, said = x2c("echo", "actuation_node/state", "--once", "--timeout", 60)
    assert status == 0
    assert "state: 1" in said
    assert "positions: (30 values; --full shows them)" in said
    status, said = x2c(
        "echo", "/actuation_node/state", "--once", "--field", "reason", "--timeout", 60
    )
    assert status == 0
    assert said.count("\n") == 1
    monkeypatch.setattr("x2c_cli.bus.connection.DISCOVERY", 3.5)

    def helped():
        status, said = x2c("echo", "actuation_node/stat")
        assert status == 2
        return "did you mean '/actuation_node/state'?" in said

    wait_until(helped, what="the name that is like it")
    wait_until(lambda: x2c("echo", "control_values", "--timeout", 0.5)[0] == 1, what="the topic")


def test_the_status_is_that_of_diagnostics(actuation, x2c, monkeypatch):
    actuation("/left")
    status, said = x2c("status")
    assert status == 1, "no control values come"
    assert said.startswith("WARN  /left/actuation_node: disabled, waiting for /left/control")
    status, said = x2c("status", "--json", "--namespace", "left")
    assert json.loads(said)["/left/actuation_node"]["level"] == "WARN"
    monkeypatch.setattr("x2c_cli.bus.connection.DISCOVERY", 0.3)
    assert x2c("status", "--namespace", "right")[0] == 2


def test_calibrate_is_for_the_person_and_with_an_option_for_the_puppeteer(ros, x2c):
    port = Parameter("port", value=free_port(socket.SOCK_DGRAM))
    puppets = BlendshapeNode(parameter_overrides=[port])
    for node in (FaceTrackerNode(), puppets):
        assert ros.add(node).start()
    status, said = x2c("calibrate")
    assert (status, said.count("\n")) == (0, 1), said
    assert "/face_tracker_node: look at the camera" in said
    status, said = x2c("calibrate", "--puppeteer")
    assert (status, said.count("\n")) == (0, 1), said
    assert "/blendshape_node: the next 30 faces" in said


@pytest.mark.parametrize(
    "command", ["status", "reset", "enable", "disable", "neutral", "calibrate"]
)
def test_without_nodes_the_domain_is_named(x2c, command, monkeypatch):
    monkeypatch.setattr("x2c_cli.bus.connection.DISCOVERY", 0.3)
    status, said = x2c(command)
    assert status == 2
    assert "ROS_DOMAIN_ID" in said


def test_namespaces_are_whole_names():
    assert [normal(text) for text in ("", "/", "left", "/left/", "a/b")] == [
        *("", "", "/left", "/left", "/a/b")
    ]
    names = ["/left/a", "/leftover/a", "/left/b/c"]
    assert within(names, "/left") == ["/left/a", "/left/b/c"]
    assert within(names, "") == names


def test_messages_are_shown_as_yaml():
    message = ControlValues(confidence=0.5, state=1)
    text = as_text(message)
    assert "confidence: 0.5" in text
    assert "values: (30 values; --full shows them)" in text
    assert as_text(message, whole=True).count("0.0") >= 30
    assert as_text(part(message, "header.stamp.sec")) == "0"
    with pytest.raises(BusError, match="did you mean 'confidence'"):
        part(message, "confidense")


@pytest.mark.parametrize("kind", [ParameterType.PARAMETER_DOUBLE, ParameterType.PARAMETER_INTEGER])
def test_a_number_too_large_for_a_parameter_is_refused_in_a_sentence(kind):
    with pytest.raises(BusError, match=r"gain: expected a .*number of 64 bits"):
        _parsed("gain", "9" * 400, kind)
    assert _parsed("gain", "2", kind) == 2
