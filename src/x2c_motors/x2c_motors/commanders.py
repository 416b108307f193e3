# SPDX-License-Identifier: Apache-2.0
"""The nodes that command the joints, as the motor driver hears of them."""

from __future__ import annotations

from rclpy.node import Node
from rclpy.subscription import Subscription

from x2c_msgs.msg import ActuationState
from x2c_node.graph.endpoints import node_label, node_name, publishers
from x2c_node.qos import STREAM
from x2c_node.spinning.executor import report_failure
from x2c_node.spinning.polling import take_messages

_TYPE = "x2c_msgs/msg/ActuationState"

_ENDING = (ActuationState.EASING, ActuationState.HALTING)


def rivals(node: Node, topic: str) -> str:
    """Return a warning of publishers that command the same joints; empty for one or none.

    Args:
        node: Node that takes the commands.
        topic: Topic of the commands.
    """
    there = publishers(node, node.resolve_topic_name(topic)) or ()
    if len(there) < 2:
        return ""
    names = ", ".join(sorted(map(node_label, there)))
    return f"{len(there)} publishers command the joints, by turns ({names}): end all but one"


class Commanders:
    """Publishers of joint commands, and whether they bring the joints to where these are to end.

    Args:
        node: Node that takes the commands.
        topic: Topic of the commands.
    """

    def __init__(self, node: Node, topic: str) -> None:
        self._node = node
        self._topic = node.resolve_topic_name(topic)
        self._states: dict[str, Subscription[ActuationState]] = {}

    def ending(self) -> bool:
        """Return whether one has said, since the last call, that it eases or brakes."""
        if not self._states:
            self._look()
        states: list[int] = []
        for subscription in self._states.values():
            # By hand, since nothing spins the node at its end.
            take_messages(
                self._node, subscription, lambda message, info: states.append(message.state)
            )
        return any(state in _ENDING for state in states)

    def close(self) -> None:
        """Listen no more."""
        for subscription in self._states.values():
            self._node.destroy_subscription(subscription)
        self._states.clear()

    def _look(self) -> None:
        for one in publishers(self._node, self._topic) or ():
            # The name of one that was just found may not be known yet.
            if commander := node_name(one):
                self._listen(f"{commander}/state")

    def _listen(self, topic: str) -> None:
        if not any(each.topic_type == _TYPE for each in publishers(self._node, topic) or ()):
            return
        try:
            self._states[topic] = self._node.create_subscription(
                ActuationState, topic, lambda message: None, STREAM
            )
        except Exception as error:
            report_failure(self._node, topic, error)
