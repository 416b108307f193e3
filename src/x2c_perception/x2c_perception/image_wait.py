# SPDX-License-Identifier: Apache-2.0
"""Reasons why no images come."""

from __future__ import annotations

from rclpy.node import Node
from rclpy.qos import QoSCompatibility, qos_check_compatible
from rclpy.topic_endpoint_info import TopicEndpointInfo

from x2c_node.graph.endpoints import publishers, subscriptions


def why_no_images(node: Node, topic: str, message_type: str, refused: int) -> str:
    """Return a sentence for the user who wonders why a node does nothing.

    Args:
        node: Node that waits.
        topic: It is subscribed to, before remapping.
        message_type: Message type of the subscription, such as "sensor_msgs/msg/Image".
        refused: Images that came, but could not be used.
    """
    name = node.resolve_topic_name(topic)
    start = f"waiting for images on {name}: "
    if refused:
        return start + f"{refused} came that cannot be used; the log says why"
    found = publishers(node, name) or []
    if not found:
        return start + (
            "there is no publisher; is the camera running, and is the topic remapped to its own?"
        )
    right = [one for one in found if one.topic_type == message_type]
    if not right:
        types = ", ".join(sorted({one.topic_type for one in found}))
        return start + (
            f"{types} is published there, expected {message_type}; for compressed images set "
            "image_transport:=compressed"
        )
    reasons = [_incompatibility(node, name, one) for one in right]
    if all(reasons):
        return start + f"{len(right)} publisher(s) with incompatible QoS: {reasons[0]}"
    return start + (
        f"{len(right)} publisher(s), but nothing arrives; either the camera gives no images, or "
        "they are lost on the way: raw images of 640 x 480 and more need the Fast DDS profile "
        "(FASTDDS_DEFAULT_PROFILES_FILE=.../config/fastdds.xml) for publisher and subscriber"
    )


def _incompatibility(node: Node, topic: str, publisher: TopicEndpointInfo) -> str:
    for own in subscriptions(node, topic) or ():
        if (own.node_name, own.node_namespace) == (node.get_name(), node.get_namespace()):
            result, reason = qos_check_compatible(publisher.qos_profile, own.qos_profile)
            if result == QoSCompatibility.ERROR:
                return reason.strip(" ;") or "see ros2 topic info --verbose"
    return ""
