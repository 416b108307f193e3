# SPDX-License-Identifier: Apache-2.0
"""The emergency stop's topic, as a node listens to it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.service import Service
from rclpy.subscription import Subscription
from std_msgs.msg import Bool

from x2c_actuation.presses import Presses
from x2c_node.endpoints import endpoint_id, publisher_id, publishers

TOPIC = "estop"

_DEPTH = 10

_LOOK = 0.5
"""Time between two looks for publishers of another quality [s]."""

_Quality = tuple[ReliabilityPolicy, DurabilityPolicy]

_SERVICE = "~/estop"


class EmergencyStop:
    """Who presses the emergency stop, by topic and by service.

    Any publisher of the topic can press, and only it can release what it presses; one that is
    gone has released. Where rclpy does not tell who has published, as in ROS 2 Jazzy, a release
    counts only if the topic has no other publisher.

    Args:
        node: That listens.
        changed: Called when somebody presses or releases, with who it is.
    """

    def __init__(self, node: Node, changed: Callable[[str], None]) -> None:
        self._node = node
        self._changed = changed
        self._presses = Presses()
        self._subscriptions: dict[_Quality, Subscription[Bool]] = {}
        # This one hears every publisher; a better one is made for each that offers more, since
        # one that asks for what a publisher does not offer makes it say it is not heard.
        self._subscribe((ReliabilityPolicy.BEST_EFFORT, DurabilityPolicy.VOLATILE))
        node.create_timer(_LOOK, self.look, clock=Clock(clock_type=ClockType.STEADY_TIME))

    @property
    def pressed(self) -> bool:
        """Whether anybody presses."""
        return bool(self._presses.names)

    @property
    def names(self) -> str:
        """Those who press."""
        return ", ".join(dict.fromkeys(self._presses.names))

    def look(self) -> None:
        """Listen as well as the publishers that are there now allow, also to what is latched."""
        for one in publishers(self._node, self._topic) or ():
            if one.qos_profile.reliability != ReliabilityPolicy.RELIABLE:
                continue
            # Durabilities that ROS does not know offer more than "transient local".
            volatile = one.qos_profile.durability == DurabilityPolicy.VOLATILE
            quality = (
                ReliabilityPolicy.RELIABLE,
                DurabilityPolicy.VOLATILE if volatile else DurabilityPolicy.TRANSIENT_LOCAL,
            )
            if quality not in self._subscriptions:
                self._subscribe(quality)

    def press(self, pressed: bool) -> None:
        """Press or release by the service."""
        self._presses.set(_SERVICE, _SERVICE, pressed)
        self._changed(_SERVICE)

    def forget_the_gone(self) -> None:
        """Release for publishers that are no longer there."""
        known = publishers(self._node, self._topic)
        if known is None:
            return
        there = {endpoint_id(one) for one in known}
        self._presses.forget(
            [who for who in self._presses.pressing() if who != _SERVICE and not _is(who, there)]
        )

    def poll(self) -> None:
        """Hear what has come while nobody spins the node, on the topic and by the service."""
        for subscription in list(self._subscriptions.values()):
            with subscription.handle:
                while (taken := subscription.handle.take_message(Bool, False)) is not None:
                    self._hear(*taken)
        for service in self._node.services:
            if service.srv_name == _SERVICE:
                _answer(service)

    def _subscribe(self, quality: _Quality) -> None:
        reliability, durability = quality
        profile = QoSProfile(depth=_DEPTH, reliability=reliability, durability=durability)
        self._subscriptions[quality] = self._node.create_subscription(
            Bool, TOPIC, self._hear, profile
        )

    @functools.cached_property
    def _topic(self) -> str:
        return self._node.resolve_topic_name(TOPIC)

    def _hear(self, message: Bool, info: Any) -> None:
        who = publisher_id(info)
        if who is None and not message.data and not self._can_release():
            return
        self._presses.set(who, self._topic, bool(message.data))
        self._changed(self._topic)

    def _can_release(self) -> bool:
        """Return whether somebody who is not known is for sure the one who presses."""
        count = self._node.count_publishers(self._topic)
        if count != 1 and None in self._presses.pressing():
            self._node.get_logger().warning(
                f"a release on {self._topic} is ignored: this ROS 2 does not tell who releases, "
                f"and there are {count} publishers; end all but the one that releases",
                throttle_duration_sec=5.0,
            )
        return count == 1


def _answer(service: Service[Any, Any]) -> None:
    """Answer what a service has been asked, as an executor does."""
    while True:
        with service.handle:
            taken: tuple[Any, Any] = service.handle.service_take_request(service.srv_type.Request)
        request, header = taken
        if header is None:
            return
        service.send_response(service.callback(request, service.srv_type.Response()), header)


def _is(who: object, there: set[bytes]) -> bool:
    """Return whether a publisher is there; one that is not known is, where any is."""
    return bool(there) if who is None else who in there
