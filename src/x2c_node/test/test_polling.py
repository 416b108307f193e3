# SPDX-License-Identifier: Apache-2.0
"""Messages and requests are taken by hand at a node's end, and nothing that fails ends that."""

from types import SimpleNamespace

from rclpy.node import Node
from std_msgs.msg import Bool
from std_srvs.srv import SetBool

from x2c_node.managed_node import ManagedNode
from x2c_node.parameters import Parameters
from x2c_node.qos import STREAM
from x2c_node.spinning.polling import answer_requests, take_messages


def test_a_message_that_cannot_be_handled_costs_itself_alone(ros, wait_until):
    node = ros.add(ManagedNode("program", Parameters))
    # Not spun: what comes waits.
    quiet = Node("quiet")
    subscription = quiet.create_subscription(Bool, "said", lambda message: None, STREAM)
    publisher = ros.publish(Bool, "said", STREAM)
    name, taken = subscription.topic_name, []

    def take(message, info):
        taken.append(message.data)
        raise ValueError("not this one")

    def both():
        publisher.publish(Bool(data=True))
        take_messages(node, subscription, take)
        return len(taken) > 1

    try:
        wait_until(both, what="two messages")
    finally:
        quiet.destroy_node()
    assert node.statistics.counts[f"{name} failed"] >= 2


class Broken:
    """Handle of what cannot be taken from."""

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    def take_message(self, *asked):
        raise RuntimeError("cannot be taken")

    service_take_request = take_message


def test_what_cannot_be_taken_is_logged_and_counted(ros):
    node = ros.add(ManagedNode("program", Parameters))
    subscription = SimpleNamespace(handle=Broken(), topic_name="/estop", msg_type=Bool, raw=False)
    service = SimpleNamespace(handle=Broken(), srv_name="~/estop", srv_type=SetBool)
    take_messages(node, subscription, lambda message, info: None)
    answer_requests(node, service)
    assert node.statistics.counts["/estop failed"] == 1
    assert node.statistics.counts["~/estop failed"] == 1
