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
from x2c_node.qos import LATCHED, NEWEST
from x2c_testing.waiting import LONGEST_WAIT


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
        thread.join(LONGEST_WAIT)
        assert not thread.is_alive()
    assert slow.most == 1


class Remote:
    """Stands for a publisher of the middleware."""

    topic_name = "/words"

    def get_subscription_count(self) -> int:
        return 0

    def publish(self, message) -> None:
        pass


def in_threads(*runs) -> list[threading.Thread]:
    threads = [threading.Thread(target=run, daemon=True) for run in runs]
    for thread in threads:
        thread.start()
    return threads


def all_end(threads) -> None:
    for thread in threads:
        thread.join(LONGEST_WAIT)
        assert not thread.is_alive()


def test_a_latched_message_that_comes_while_one_is_taken_waits_for_it(delivery):
    words = delivery.publisher(Remote(), String, LATCHED)
    words.publish(1)
    taking, go_on = threading.Event(), threading.Event()
    heard = []

    def take(message) -> None:
        taking.set()
        go_on.wait(LONGEST_WAIT)
        heard.append(message)

    subscribing = in_threads(lambda: delivery.subscribe("/words", String, take))
    assert taking.wait(LONGEST_WAIT)
    # It is left to the thread that takes the one before.
    all_end(in_threads(lambda: words.publish(2)))
    assert heard == []
    go_on.set()
    all_end(subscribing)
    assert heard == [1, 2]


def test_latched_messages_come_once_and_in_order_whoever_subscribes_meanwhile(delivery):
    publishers = [delivery.publisher(Remote(), String, LATCHED) for _ in range(2)]
    heard = [[] for _ in range(20)]
    start = threading.Barrier(3)

    def speak(number: int) -> None:
        start.wait(timeout=LONGEST_WAIT)
        for word in range(500):
            publishers[number].publish((number, word))

    def subscribe() -> None:
        start.wait(timeout=LONGEST_WAIT)
        for one in heard:
            delivery.subscribe("/words", String, one.append)

    all_end(in_threads(lambda: speak(0), lambda: speak(1), subscribe))
    for one in heard:
        assert one, "the latched one at least"
        assert len(set(one)) == len(one)
        # They all end with the same one, and with nothing left out before it.
        shortest = min(len(one), len(heard[0]))
        assert one[-shortest:] == heard[0][-shortest:]
        for number in (0, 1):
            words = [word for who, word in one if who == number]
            assert words == list(range(words[0], 500)) if words else True


def test_what_is_latched_goes_with_the_last_publisher(delivery):
    words = delivery.publisher(Remote(), String, LATCHED)
    words.publish("of the first life")
    delivery.retract(words, String)
    assert delivery.subscribe("/words", String, pytest.fail) is None
    delivery.publisher(Remote(), String, LATCHED)
    assert delivery.subscribe("/words", String, pytest.fail) is not None


@pytest.mark.parametrize("transition", ["trigger_deactivate", "stop"])
def test_a_message_that_waits_for_a_node_s_turn_is_not_delivered_after_its_end(
    ros, speaker, delivery, wait_until, transition
):
    waiting = threading.Event()

    class Ending(Listener):
        def deactivate(self) -> None:
            speaking.extend(in_threads(lambda: speaker.words.publish(String(data="too late"))))
            assert waiting.wait(LONGEST_WAIT)

        def _guarded(self, callback, source, **options):
            run = super()._guarded(callback, source, **options)

            def announce(*arguments) -> None:
                waiting.set()
                run(*arguments)

            return announce

    speaking: list[threading.Thread] = []
    listener = started(ros, Ending(local_delivery=delivery))
    getattr(listener, transition)()
    all_end(speaking)
    assert listener.heard == []


def test_a_node_that_takes_long_to_go_down_keeps_no_publisher_waiting(ros, speaker, delivery):
    finished = []

    class Easing(Listener):
        def deactivate(self) -> None:
            speaking.extend(in_threads(lambda: speaker.words.publish(String(data="late"))))
            all_end(speaking)
            finished.append(True)

    speaking: list[threading.Thread] = []
    listener = started(ros, Easing(local_delivery=delivery))
    listener.trigger_deactivate()
    assert finished == [True]
    assert not listener.fault
