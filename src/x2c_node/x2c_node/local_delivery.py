# SPDX-License-Identifier: Apache-2.0
"""Hand messages from node to node inside one process, past the middleware.

What rclcpp calls intra-process communication, which rclpy lacks: a subscription to a topic that a
node of the same process publishes gets the very message, at once, in the publisher's thread.
Nothing is serialized, copied or queued. Other processes get it as a normal publication.
"""

from __future__ import annotations

import threading
from collections import deque
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
        topic.add_publisher()
        return LocalPublisher(publisher, topic, qos.durability == DurabilityPolicy.TRANSIENT_LOCAL)

    def retract(self, publisher: LocalPublisher, message_type: type) -> None:
        """Forget a publisher, and with the last one of its topic what is latched."""
        self._topics[publisher.topic_name, message_type].remove_publisher()

    def subscribe(self, topic: str, message_type: type, take: Take) -> Callable[[], None] | None:
        """Let a callback take the messages of a topic, the latched one at once.

        Latched messages come once each and in order, also those that are published meanwhile.

        Args:
            topic: Its full name.
            message_type: Type of its messages.
            take: Called in the publisher's thread; must not raise.

        Returns:
            What ends the subscription; None where no node in this process publishes the topic.
        """
        with self._lock:
            found = self._topics.get((topic, message_type))
        return None if found is None else found.subscribe(take)


class _Subscription:
    """Receiver of the messages of a topic; messages that must come in order wait in a queue."""

    def __init__(self, take: Take) -> None:
        self.take = take
        self.waiting: deque[Any] = deque()
        self._lock = threading.Lock()
        self._taking = False

    def take_waiting(self) -> None:
        """Take what waits, unless another thread is at it, which then takes all."""
        while True:
            with self._lock:
                if self._taking or not self.waiting:
                    return
                self._taking = True
                message = self.waiting.popleft()
            try:
                self.take(message)
            finally:
                with self._lock:
                    self._taking = False


class _Topic:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._publishers = 0
        self._latched: Any = None
        # Replaced, never changed: a publisher goes on with those it has.
        self.subscriptions: tuple[_Subscription, ...] = ()

    def add_publisher(self) -> None:
        with self._lock:
            self._publishers += 1

    def remove_publisher(self) -> None:
        with self._lock:
            self._publishers -= 1
            if not self._publishers:
                self._latched = None

    def subscribe(self, take: Take) -> Callable[[], None] | None:
        new = _Subscription(take)
        with self._lock:
            if not self._publishers:
                return None
            self.subscriptions = (*self.subscriptions, new)
            if self._latched is not None:
                new.waiting.append(self._latched)
        new.take_waiting()

        def end() -> None:
            with self._lock:
                self.subscriptions = tuple(one for one in self.subscriptions if one is not new)
            new.waiting.clear()

        return end

    def latch(self, message: Any) -> None:
        """Hand a message on in the order of all that are latched, and keep it."""
        # No lock is held while it is taken: the one who takes may wait for the one who subscribes.
        with self._lock:
            self._latched = message
            subscriptions = self.subscriptions
            for one in subscriptions:
                one.waiting.append(message)
        for one in subscriptions:
            one.take_waiting()


class LocalPublisher:
    """A publisher that also hands its messages on inside the process.

    Args:
        publisher: Publisher for other processes.
        topic: Topic that the subscriptions in this process share.
        latched: Whether subscriptions that come later still get the last message.
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
        return int(self.remote.get_subscription_count()) + len(self._topic.subscriptions)

    def publish(self, message: Any) -> None:
        """Publish a message; returns when all in this process have dealt with it.

        A latched one may be left to the thread that is handing on the one before.
        """
        # First to the others: what the middleware notes as the time of publication is one.
        if self._latched or self.remote.get_subscription_count():
            self.remote.publish(message)
        if self._latched:
            self._topic.latch(message)
            return
        for one in self._topic.subscriptions:
            one.take(message)
