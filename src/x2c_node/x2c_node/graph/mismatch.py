# SPDX-License-Identifier: Apache-2.0
"""Publishers that a node cannot hear: they offer less than it asks for, or another type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.event_handler import SubscriptionEventCallbacks
from rclpy.node import Node
from rclpy.qos import QoSCompatibility, QoSPolicyKind, QoSProfile, qos_check_compatible

from x2c_node.graph.endpoints import node_label, publishers

_REMEDIES = {
    QoSPolicyKind.RELIABILITY: ("reliable", "reliability:=best_effort"),
    QoSPolicyKind.DURABILITY: ("transient local", "durability:=volatile"),
}
"""Compatible setting of the publisher, and the override with which a subscription asks for less.
"""


class Mismatches:
    """Incompatible publishers of a node's topics, as the middleware and the graph show them.

    Args:
        node: Node that subscribes.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._found: dict[str, tuple[int, QoSProfile]] = {}
        self._told: set[str] = set()

    def callbacks(self, topic: str, asked: Callable[[], QoSProfile]) -> SubscriptionEventCallbacks:
        """Return what a subscription needs to report publishers that it cannot hear.

        Args:
            topic: Full name of the topic.
            asked: Returns what the subscription asks for.
        """

        def report(event: Any) -> None:
            self._found[topic] = (int(event.last_policy_kind), asked())
            self._node.get_logger().warning(self._sentence(topic) or f"{topic}: {event}")

        return SubscriptionEventCallbacks(incompatible_qos=report)

    def sentences(self) -> dict[str, str]:
        """Return which publishers are not heard and what to do, by topic; of those there now."""
        texts = {topic: self._sentence(topic) for topic in list(self._found)}
        texts = {topic: text for topic, text in texts.items() if text} | self._of_other_types()
        # What the middleware reports is logged at once.
        for topic in texts.keys() - self._told - self._found.keys():
            self._node.get_logger().warning(texts[topic])
        self._told = set(texts)
        return texts

    def _of_other_types(self) -> dict[str, str]:
        """Return which publishers have another type than the subscription, by topic."""
        kinds = {one.topic_name: one.msg_type for one in self._node.subscriptions}
        texts = {}
        for topic, kind in kinds.items():
            expected = f"{kind.__module__.partition('.')[0]}/msg/{kind.__name__}"
            others = [
                f"{node_label(one)} ({one.topic_type})"
                for one in publishers(self._node, topic) or ()
                if one.topic_type != expected
            ]
            if others:
                texts[topic] = (
                    f"{topic} of {', '.join(others)} is not received: expected the type {expected}"
                )
        return texts

    def _sentence(self, topic: str) -> str:
        kind, asked = self._found[topic]
        names = [
            f"{node_label(one)} ({reason})"
            for one in publishers(self._node, topic) or ()
            if (reason := _reason(one.qos_profile, asked)) is not None
        ]
        policy = _policy(kind)
        if not names:
            # What ROS has no policy for, such as the ownership, the graph does not show.
            if policy in _REMEDIES or not self._node.count_publishers(topic):
                return ""
            names = ["a publisher"]
        advice = "publish it with the defaults of ROS 2"
        if policy in _REMEDIES:
            quality, override = _REMEDIES[policy]
            advice = (
                f"publish it as {quality}, or set qos_overrides.{topic}.subscription.{override}"
            )
        word = "quality of service" if policy is None else policy.name.lower()
        return f"{topic} of {', '.join(names)} is not received: its {word} does not fit; {advice}"


def _policy(kind: int) -> QoSPolicyKind | None:
    """Return a policy; None for one that ROS does not know, such as the ownership."""
    try:
        policy = QoSPolicyKind(kind)
    except ValueError:
        return None
    return None if policy is QoSPolicyKind.INVALID else policy


def _reason(offered: QoSProfile, asked: QoSProfile) -> str | None:
    """Return why a publisher is not heard; None where it is, or where that is not known."""
    try:
        result, reason = qos_check_compatible(offered, asked)
    except Exception:
        return None
    if result != QoSCompatibility.ERROR:
        return None
    return reason.replace("ERROR: ", "").strip(" ;") or "see ros2 topic info --verbose"
