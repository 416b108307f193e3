# SPDX-License-Identifier: Apache-2.0
"""Inside one process messages are handed on directly; everybody else gets them as ever."""

from __future__ import annotations

import dataclasses
import threading

import pytest
from rclpy.qos import QoSProfile
from std_msgs.msg import String

from x2c_node.local_delivery import LocalDelivery
from x2c_node.managed_node import ManagedNode
from x2c_node.parameters import Parameters
from x2c_node.quality import LATCHED, NEWEST


@dataclasses.dataclass(frozen=True)
class NoParameters(Parameters):
    """None of its own."""


class Speaker(ManagedNode[NoParameters]):
    """Publishes what the test tells it to."""

    qos: QoSProfile = NEWEST

    def __init__(self, **arguments) -> None:
        super().__init__("speaker", NoParameters, **arguments)

    def configure(self) -> None:
        self.words = self.publisher(String, "words", self.qos)


class Listener(ManagedNode[NoParameters]):
    """Keeps what it hears, and in which thread."""

    def __init__(self, name: str = "listener", **arguments) -> None:
        self.heard: list[tuple[object, threading.Thread]] = []
        super().__init__(name, NoParameters, **arguments)

    def activate(self) -> None:
        self.subscription(String, "words", self.take, NEWEST)

    def take(self, message) -> None:
        self.heard.append((message, threading.current_thread()))
        if getattr(message, "data", "") == "bad":
            raise RuntimeError("a bad word")


@pytest.fixture
def delivery() -> LocalDelivery:
    return LocalDelivery()


@pytest.fixture
def speaker(ros, delivery):
    node = ros.add(Speaker(local_delivery=delivery))
    assert node.trigger_configure()
    return node


def started(ros, node):
    assert node.start()
    return ros.add(node)


def test_the_very_message_comes_at_once_in_the_publishers_thread(ros, speaker, delivery):
    listener = started(ros, Listener(local_delivery=delivery))
    message = String(data="hello")
    speaker.words.publish(message)
    ((heard, thread),) = listener.heard
    assert heard is message
    assert thread is threading.current_thread()


def test_others_get_it_through_the_middleware_once(ros, speaker, delivery, wait_until):
    inside = started(ros, Listener("inside", local_delivery=delivery))
    outside = ros.collect(String, "words", NEWEST)
    wait_until(lambda: speaker.words.get_subscription_count() == 2, what="both subscriptions")
    speaker.words.publish(String(data="hello"))
    wait_until(lambda: outside, what="the message outside")
    assert [message.data for message in outside] == ["hello"]
    assert len(inside.heard) == 1


def test_what_nobody_here_publishes_is_taken_from_outside(ros, delivery, wait_until):
    listener = started(ros, Listener(local_delivery=delivery))
    words = ros.publish(String, "words", NEWEST)
    wait_until(words.get_subscription_count, what="the listener's subscription")
    words.publish(String(data="from afar"))
    wait_until(lambda: listener.heard, what="the message from outside")


def test_whoever_comes_later_gets_the_latched_message(ros, delivery):
    class Latched(Speaker):
        qos = LATCHED

    speaker = started(ros, Latched(local_delivery=delivery))
    message = String(data="still true")
    speaker.words.publish(message)
    listener = started(ros, Listener(local_delivery=delivery))
    assert [heard for heard, _ in listener.heard] == [message]


def test_after_deactivation_nothing_is_delivered(ros, speaker, delivery):
    listener = started(ros, Listener(local_delivery=delivery))
    listener.trigger_deactivate()
    speaker.words.publish(String(data="hello"))
    assert listener.heard == []
    listener.trigger_activate()
    speaker.words.publish(String(data="again"))
    assert len(listener.heard) == 1


def test_an_error_of_one_listener_reaches_neither_the_publisher_nor_the_others(
    ros, speaker, delivery
):
    first = started(ros, Listener("first", local_delivery=delivery))
    second = started(ros, Listener("second", local_delivery=delivery))
    speaker.words.publish(String(data="bad"))
    assert first.statistics.counts["words failed"] == 1
    assert len(second.heard) == 1


def test_callbacks_of_a_node_never_run_at_the_same_time(ros, speaker, delivery):
    class Slow(Listener):
        inside = 0
        most = 0

        def take(self, message) -> None:
            self.inside += 1
            self.most = max(self.most, self.inside)
            threading.Event().wait(0.01)
            self.inside -= 1

    slow = started(ros, Slow(local_delivery=delivery))
    threads = [
        threading.Thread(target=speaker.words.publish, args=(String(data="hello"),))
        for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60.0)
        assert not thread.is_alive()
    assert slow.most == 1
