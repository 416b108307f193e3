# SPDX-License-Identifier: Apache-2.0
"""Two robots, each in a namespace of its own, and one switch that stops both."""

import pytest
from rclpy.parameter import Parameter
from std_msgs.msg import Bool

from x2c_actuation.actuation_node import ActuationNode
from x2c_node.qos import LATCHED


@pytest.fixture
def start(ros, write_robot):
    """Start actuation of the same robot in a namespace."""
    folder = str(write_robot())

    def start(namespace, **parameters):
        given = {"robot": folder, **parameters}
        overrides = [Parameter(name, value=value) for name, value in given.items()]
        node = ros.add(ActuationNode(namespace=namespace, parameter_overrides=overrides))
        assert node.start()
        return node

    return start


def message(node):
    return node.diagnosis().message


@pytest.mark.parametrize("qos", [10, LATCHED])
def test_one_switch_stops_all_robots_and_each_has_its_own(ros, wait_until, start, qos):
    everything = ros.publish(Bool, "/estop", qos)
    left, right = start("/left"), start("/right")
    own = ros.publish(Bool, "/left/estop", 10)

    def asserts(publisher, *nodes):
        publisher.publish(Bool(data=True))
        return all("emergency stop" in message(node) for node in nodes)

    wait_until(lambda: asserts(own, left), what="the left robot's own stop")
    assert "emergency stop" not in message(right)
    wait_until(lambda: asserts(everything, right), what="the stop of both")
    asserting = right.diagnosis().values["pressing the emergency stop"]
    assert asserting.startswith("/estop")
    assert ros.node.get_name() in asserting
    # The left one is stopped twice, and neither releases the other.
    own.publish(Bool(data=False))
    wait_until(
        lambda: left.diagnosis().values["pressing the emergency stop"].startswith("/estop"),
        what="the stop of both on the left robot too",
    )
    everything.publish(Bool(data=False))
    wait_until(lambda: message(left).endswith("; call ~/reset"), what="the release")


def test_a_shared_stop_has_any_name_or_none(ros, wait_until, start):
    left, right = start("/left", shared_estop="/hall/stop"), start("/right", shared_estop="")
    hall, everything = ros.publish(Bool, "/hall/stop", 10), ros.publish(Bool, "/estop", 10)

    def stopped():
        everything.publish(Bool(data=True))
        hall.publish(Bool(data=True))
        return "emergency stop by /hall/stop" in message(left)

    wait_until(stopped, what="the stop by the name that was given")
    assert "emergency stop" not in message(right)
