# SPDX-License-Identifier: Apache-2.0
"""The topic joint_states, as actuation listens to it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from numpy.typing import ArrayLike
from rclpy.subscription import Subscription
from sensor_msgs.msg import JointState

from x2c_node.graph.endpoints import endpoint_id, node_name, publisher_id, publishers
from x2c_node.managed_node import ManagedNode
from x2c_node.qos import POLLED_SUBSCRIBER
from x2c_node.spinning.polling import poll, waited

TOPIC = "joint_states"

DISCOVERY = 0.5
"""Publishers may be found so long after the node was made [s]."""

_LONGEST_WAIT = 1.5
"""Publishers that were found are waited for so long [s]."""

_LOOK = 0.1
"""Time between two looks for publishers [s]."""

_MOST_LABELS = 64

Take = Callable[[Sequence[str], ArrayLike, float, str], None]
"""Function of names, positions (n,) [rad or m], a time [s] and the publisher's name."""


class JointStates:
    """Measured positions with the names of their publishers.

    Names are empty where rclpy does not say who has published, as in ROS 2 Jazzy. No thread is
    woken for what is measured: it waits for the next poll.

    Args:
        node: Node that listens.
        take: Callback for what is measured.
    """

    def __init__(self, node: ManagedNode[Any], take: Take) -> None:
        self._node = node
        self._take = take
        self._topic = node.resolve_topic_name(TOPIC)
        self._made = time.monotonic()
        self._labels: dict[bytes, str] = {}
        self._heard: set[bytes | None] = set()
        self._awaited, self._next_look, self._end = "", 0.0, 0.0
        self._subscription: Subscription[JointState] | None = None

    def listen(self) -> None:
        """Subscribe, as the node's `activate` does."""
        now = time.monotonic()
        self._labels.clear()
        self._heard.clear()
        self._awaited, self._next_look = f"looks for publishers of {self._topic}", now
        self._end = max(now + _LONGEST_WAIT, self._made + DISCOVERY)
        # In one process these come in the driver's thread, which must not wait.
        self._subscription = self._node.subscription(
            JointState, TOPIC, self._hear, POLLED_SUBSCRIBER, alone=False, polled=True
        )

    def poll(self, seconds: float) -> None:
        """Take what was measured since the last poll, in about a time [s] at most."""
        if self._subscription is not None:
            poll(self._node, self._subscription, seconds)

    def awaited(self, now: float) -> str:
        """Return what joints wait for before they move, at a time [s]; empty for nothing."""
        if self._awaited and now >= self._next_look:
            self._next_look = now + _LOOK
            self._awaited = self._look(now)
        return self._awaited

    def _look(self, now: float) -> str:
        if now >= self._end:
            return ""
        there = {endpoint_id(one) for one in publishers(self._node, self._topic) or ()}
        if not there and now < self._made + DISCOVERY:
            return f"looks for publishers of {self._topic}"
        # One that is not named may be any of them.
        unnamed = self._subscription is None or len(there) == 1
        if there <= self._heard or (None in self._heard and unnamed):
            return ""
        return f"waits for the publishers of {self._topic}"

    def _hear(self, message: JointState, info: Any) -> None:
        publisher = publisher_id(info)
        self._heard.add(publisher)
        if len(self._heard) > _MOST_LABELS:
            self._heard.pop()
        label = "" if publisher is None else self._label(publisher)
        self._take(message.name, message.position, time.monotonic() - waited(info), label)

    def _label(self, publisher: bytes) -> str:
        """Return the name of a publisher's node, and a number where the node has several."""
        if publisher not in self._labels:
            if len(self._labels) >= _MOST_LABELS:
                self._labels.clear()
            for one in publishers(self._node, self._topic) or ():
                if (found := endpoint_id(one)) in self._labels or not (name := node_name(one)):
                    continue
                others = sum(label.split(" ")[0] == name for label in self._labels.values())
                self._labels[found] = f"{name} (publisher {others + 1})" if others else name
        return self._labels.get(publisher, f"the publisher {publisher.hex()}")
