# SPDX-License-Identifier: Apache-2.0
"""Whatever the graph shows, asking who commands the joints raises nothing at the end."""

from types import SimpleNamespace

import pytest
from sensor_msgs.msg import JointState

from x2c_motors.commanders import Commanders
from x2c_msgs.msg import ActuationState
from x2c_node.managed_node import ManagedNode
from x2c_node.parameters import Parameters
from x2c_node.qos import STREAM


@pytest.fixture
def node(ros):
    return ros.add(ManagedNode("motor_driver_node", Parameters))


def test_a_commander_that_eases_is_heard(ros, node, wait_until):
    ros.publish(JointState, "joint_commands", STREAM)
    states = ros.publish(ActuationState, f"{ros.node.get_name()}/state", STREAM)
    commanders = Commanders(node, "joint_commands")

    def eases():
        states.publish(ActuationState(state=ActuationState.EASING))
        return commanders.ending()

    try:
        wait_until(eases, what="a commander that eases")
    finally:
        commanders.close()


def test_endpoints_that_cannot_be_read_are_none(node, monkeypatch):
    def fail(topic):
        raise KeyError("a durability that rclpy does not know")

    monkeypatch.setattr(node, "get_publishers_info_by_topic", fail)
    assert not Commanders(node, "joint_commands").ending()


@pytest.mark.parametrize("name", ["not a name", "_NODE_NAME_UNKNOWN_"])
def test_a_commander_whose_topic_cannot_be_heard_is_none(node, monkeypatch, name):
    endpoint = SimpleNamespace(
        node_name=name, node_namespace="/", topic_type="x2c_msgs/msg/ActuationState"
    )
    monkeypatch.setattr(node, "get_publishers_info_by_topic", lambda topic: [endpoint])
    assert not Commanders(node, "joint_commands").ending()
