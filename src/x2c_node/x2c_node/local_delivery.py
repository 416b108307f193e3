# SPDX-License-Identifier: Apache-2.0
"""Hands messages from node to node inside one process, past the middleware.

What rclcpp calls intra-process communication, which rclpy lacks: a subscription to a topic that a
node of the same process publishes gets the very message, at once, in the publisher's thread.
Nothing is serialized, copied or queued. For everybody else the topic is published as ever.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from rclpy.publisher import Publisher
from rclpy.qos import DurabilityPolicy, QoSProfile

Take = Callable[[Any], None]


class LocalDelivery:
    """The topics of one process; give the same one to all its nodes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._topics: dict[tuple[str, type], _Topic] = {}

    def publisher(
        self, publisher: Publisher[Any], message_type: type, qos: QoSProfile
    ) -> LocalPublisher:
        """Return a publisher that reaches the subscriptions in this process too."""
        with self._lock:
            topic = self._topics.setdefault((publisher.topic_name, message_type), _Topic())
            topic.publishers += 1
        return LocalPublisher(publisher, topic, qos.durability == DurabilityPolicy.TRANSIENT_LOCAL)

    def retract(self, publisher: LocalPublisher, message_type: type) -> None:
        """Forget a publisher."""
        with self._lock:
            self._topics[publisher.topic_name, message_type].publishers -= 1

    def subscribe(self, topic: str, message_type: type, take: Take) -> Callable[[], None] | None:
        """Let a callback take the messages of a topic, the latched one at once.

        Args:
            topic: Its full name.
            message_type: Type of its messages.
            take: Called in the publisher's thread; must not raise.

        Returns:
            What ends the subscription; None where nobody in this process publishes the topic.
        """
        with self._lock:
            found = self._topics.get((topic, message_type))
            if found is None or not found.publishers:
                return None
            # Replaced, never changed: whoever is publishing goes on with the list it has.
            found.takers = (*found.takers, take)
        if found.latched is not None:
            take(found.latched)

        def end() -> None:
            with self._lock:
                found.takers = tuple(one for one in found.takers if one is not take)

        return end


class _Topic:
    def __init__(self) -> None:
        self.publishers = 0
        self.takers: tuple[Take, ...] = ()
        self.latched: Any = None


class LocalPublisher:
    """A publisher that also hands its messages on inside the process.

    Args:
        publisher: For everybody else.
        topic: For the subscriptions in this process.
        latched: Whether those who come later still get the last message.
    """

    def __init__(self, publisher: Publisher[Any], topic: _Topic, latched: bool) -> None:
        self.remote = publisher
        self._topic = topic
        self._latched = latched

    @property
    def topic_name(self) -> str:
        """Full name of the topic."""
        return str(self.remote.topic_name)

    def get_subscription_count(self) -> int:
        """Return how many subscriptions there are, in this process and elsewhere."""
        return int(self.remote.get_subscription_count()) + len(self._topic.takers)

    def publish(self, message: Any) -> None:
        """Publish a message; returns when all in this process have dealt with it."""
        # First to the others: what the middleware notes as the time of publication is one.
        if self._latched or self.remote.get_subscription_count():
            self.remote.publish(message)
        if self._latched:
            self._topic.latched = message
        for take in self._topic.takers:
            take(message)
