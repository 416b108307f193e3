# SPDX-License-Identifier: Apache-2.0
"""The emergency stop's topics, as a node listens to them."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial
from typing import Any

from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.event_handler import SubscriptionEventCallbacks
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription
from std_msgs.msg import Bool

from x2c_actuation.safety.estop_sources import EstopSources
from x2c_node.graph.endpoints import endpoint_id, node_name, publisher_id, publishers
from x2c_node.graph.mismatch import Mismatches
from x2c_node.spinning.polling import answer_requests, take_messages

TOPIC = "estop"

_DEPTH = 10

_LOOK = 0.5
"""Time between two looks for publishers of another quality [s]."""

_Quality = tuple[ReliabilityPolicy, DurabilityPolicy]

_RELIABLE: _Quality = ReliabilityPolicy.RELIABLE, DurabilityPolicy.VOLATILE
_LATCHED: _Quality = ReliabilityPolicy.RELIABLE, DurabilityPolicy.TRANSIENT_LOCAL
_LEAST: _Quality = ReliabilityPolicy.BEST_EFFORT, DurabilityPolicy.VOLATILE

_SERVICE = "~/estop"


class EmergencyStop:
    """Sources that assert the emergency stop, by topic and by service.

    There is a topic of the robot's own, and one that robots share. Any publisher of them can
    assert the stop, and only it can release what it asserts; one that is gone has released. Where
    rclpy does not say who has published, as in ROS 2 Jazzy, a release counts only if the topic has
    no other publisher.

    Args:
        node: Node that listens.
        changed: Callback for an assertion or a release, which takes who it is.
        shared: Topic that robots share; empty for none.
        mismatches: Told of publishers that cannot be heard.
    """

    def __init__(
        self,
        node: Node,
        changed: Callable[[str], None],
        shared: str,
        mismatches: Mismatches,
    ) -> None:
        self._node = node
        self._mismatches = mismatches
        self._changed = changed
        self._sources = EstopSources()
        self._subscriptions: dict[tuple[str, _Quality], Subscription[Bool]] = {}
        topics = [node.resolve_topic_name(name) for name in (TOPIC, shared) if name]
        self._topics = tuple(dict.fromkeys(topics))
        # These hear every publisher; a better one is made for each that offers more, since one
        # that asks for what a publisher does not offer makes it say it is not heard.
        for topic in self._topics:
            self._subscribe(topic, _LEAST)
        node.create_timer(_LOOK, self.look, clock=Clock(clock_type=ClockType.STEADY_TIME))

    @property
    def asserted(self) -> bool:
        """True while any source asserts it."""
        return bool(self._sources.names)

    @property
    def names(self) -> str:
        """Topics, with their publishers' nodes, and services that assert it."""
        return ", ".join(dict.fromkeys(map(self._name, self._sources.asserting())))

    def _name(self, who: Hashable) -> str:
        if not isinstance(who, _Publisher):
            return str(who)
        there = publishers(self._node, who.topic) or ()
        names = [node_name(one) for one in there if endpoint_id(one) == who.id]
        return f"{who.topic} ({names[0]})" if names and names[0] else who.topic

    def look(self) -> None:
        """Listen as well as the publishers that are there now allow, also to what is latched."""
        for topic in self._topics:
            for quality in self._offered(topic):
                if (topic, quality) not in self._subscriptions:
                    self._subscribe(topic, quality)

    def _offered(self, topic: str) -> set[_Quality]:
        """Return what is better than best effort that publishers may offer."""
        known = publishers(self._node, topic)
        if known is None:
            return {_RELIABLE, _LATCHED}
        # Durabilities that ROS does not know offer more than "transient local".
        return {
            _RELIABLE if one.qos_profile.durability == DurabilityPolicy.VOLATILE else _LATCHED
            for one in known
            if one.qos_profile.reliability == ReliabilityPolicy.RELIABLE
        }

    def set(self, asserted: bool) -> None:
        """Assert or release by the service."""
        self._sources.set(_SERVICE, _SERVICE, asserted)
        self._changed(_SERVICE)

    def forget_the_gone(self) -> None:
        """Release for publishers that are no longer there."""
        for topic in self._topics:
            known = publishers(self._node, topic)
            if known is None:
                continue
            there = {endpoint_id(one) for one in known}
            asserting = [who for who in self._sources.asserting() if isinstance(who, _Publisher)]
            self._sources.forget(
                [who for who in asserting if who.topic == topic and not _is(who.id, there)]
            )

    def poll(self) -> None:
        """Take pending messages and requests while the node is not spun."""
        for (topic, _), subscription in list(self._subscriptions.items()):
            take_messages(self._node, subscription, partial(self._hear, topic=topic))
        for service in self._node.services:
            if service.srv_name == _SERVICE:
                answer_requests(self._node, service)

    def _subscribe(self, topic: str, quality: _Quality) -> None:
        reliability, durability = quality
        profile = QoSProfile(depth=_DEPTH, reliability=reliability, durability=durability)

        def hear(message: Bool, info: Any) -> None:
            self._hear(message, info, topic)

        # Who is not heard with the least that can be asked for is not heard at all; that another
        # subscription does not hear it is nothing to warn of.
        events = (
            self._mismatches.callbacks(topic, lambda: profile)
            if quality == _LEAST
            else SubscriptionEventCallbacks(use_default_callbacks=False)
        )
        self._subscriptions[topic, quality] = self._node.create_subscription(
            Bool, topic, hear, profile, event_callbacks=events
        )

    def _hear(self, message: Bool, info: Any, topic: str) -> None:
        who = _Publisher(topic, publisher_id(info))
        if who.id is None and not message.data and not self._can_release(topic):
            return
        self._sources.set(who, topic, bool(message.data))
        self._changed(topic)

    def _can_release(self, topic: str) -> bool:
        """Return whether a publisher that is not known is for sure the one that asserts."""
        count = self._node.count_publishers(topic)
        if count != 1 and _Publisher(topic, None) in self._sources.asserting():
            self._node.get_logger().warning(
                f"a release on {topic} is ignored: this ROS 2 does not name the publisher, "
                f"and there are {count} publishers; end all but the one that releases",
                throttle_duration_sec=5.0,
            )
        return count == 1


@dataclass(frozen=True)
class _Publisher:
    """Publisher of a topic; its id is None where it is not known."""

    topic: str
    id: bytes | None


def _is(who: bytes | None, there: set[bytes]) -> bool:
    """Return whether a publisher is there; one that is not known is, where any is."""
    return bool(there) if who is None else who in there
