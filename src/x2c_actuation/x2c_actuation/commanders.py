# SPDX-License-Identifier: Apache-2.0
"""The nodes that command the joints, as the motor driver hears of them at its end."""

from __future__ import annotations

from rclpy.node import Node
from rclpy.subscription import Subscription

from x2c_msgs.msg import ActuationState
from x2c_node.quality import STREAM

_TYPE = "x2c_msgs/msg/ActuationState"

_ENDING = (ActuationState.EASING, ActuationState.HALTING)


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
        said = False
        for subscription in self._states.values():
            with subscription.handle:
                while (
                    taken := subscription.handle.take_message(ActuationState, False)
                ) is not None:
                    said |= taken[0].state in _ENDING
        return said

    def close(self) -> None:
        """Listen no more."""
        for subscription in self._states.values():
            self._node.destroy_subscription(subscription)
        self._states.clear()

    def _look(self) -> None:
        for one in self._node.get_publishers_info_by_topic(self._topic):
            name = f"{one.node_namespace.rstrip('/')}/{one.node_name}/state"
            publishers = self._node.get_publishers_info_by_topic(name)
            if any(each.topic_type == _TYPE for each in publishers):
                # Taken by hand, since nobody spins the node at its end.
                self._states[name] = self._node.create_subscription(
                    ActuationState, name, lambda message: None, STREAM
                )
