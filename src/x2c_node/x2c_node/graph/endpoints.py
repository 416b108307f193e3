# SPDX-License-Identifier: Apache-2.0
"""Publishers and subscriptions of a topic, as the graph shows them.

rclpy raises where an endpoint of a stranger has what its enumerations lack.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rclpy.node import Node
from rclpy.topic_endpoint_info import TopicEndpointInfo

_NAMELESS = "NODE_NAME_UNKNOWN"
"""Part of the name that rmw gives a node whose endpoints were found before the node itself."""

_ID = 16
"""Length of what identifies an endpoint; longer GIDs are filled up [byte]."""


def endpoint_id(endpoint: TopicEndpointInfo) -> bytes:
    """Return what identifies an endpoint."""
    return bytes(endpoint.endpoint_gid)[:_ID]


def node_name(endpoint: TopicEndpointInfo) -> str:
    """Return the full name of an endpoint's node; empty where it was not found yet."""
    if _NAMELESS in endpoint.node_name:
        return ""
    return f"{endpoint.node_namespace.rstrip('/')}/{endpoint.node_name}"


def node_label(endpoint: TopicEndpointInfo) -> str:
    """Return the full name of an endpoint's node for texts; words where it was not found yet."""
    return node_name(endpoint) or "a node whose name is not known"


def publisher_id(info: Mapping[str, Any]) -> bytes | None:
    """Return what identifies the publisher of a message; None where rclpy does not say it.

    ROS 2 Jazzy does not.

    Args:
        info: Message info as rclpy gives it; empty for a message handed on inside the process.
    """
    gid = (info.get("publisher_gid") or {}).get("data")
    return None if gid is None else bytes(gid)[:_ID]


def publishers(node: Node, topic: str) -> list[TopicEndpointInfo] | None:
    """Return the publishers of a topic; None where they cannot be read, which is logged.

    Args:
        node: Node that asks.
        topic: Full name of the topic.
    """
    return _read(node, node.get_publishers_info_by_topic, topic)


def subscriptions(node: Node, topic: str) -> list[TopicEndpointInfo] | None:
    """Return the subscriptions of a topic; None where they cannot be read, which is logged.

    Args:
        node: Node that asks.
        topic: Full name of the topic.
    """
    return _read(node, node.get_subscriptions_info_by_topic, topic)


def _read(
    node: Node, ask: Callable[[str], list[TopicEndpointInfo]], topic: str
) -> list[TopicEndpointInfo] | None:
    try:
        return ask(topic)
    except Exception as error:
        node.get_logger().warning(
            f"the publishers and subscriptions of {topic} cannot be read: {error}",
            throttle_duration_sec=60.0,
        )
        return None
