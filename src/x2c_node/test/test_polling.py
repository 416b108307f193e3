# SPDX-License-Identifier: Apache-2.0
"""Messages and requests are taken by hand, and nothing that fails ends that."""

import time
from types import SimpleNamespace

import pytest
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile
from std_msgs.msg import Bool
from std_srvs.srv import SetBool

from x2c_node.diagnostics import Level
from x2c_node.local_delivery import LocalDelivery
from x2c_node.managed_node import ManagedNode
from x2c_node.parameters import Parameters
from x2c_node.qos import LATCHED, POLLED_SUBSCRIBER, STREAM
from x2c_node.spinning.executor import GuardedExecutor
from x2c_node.spinning.polling import answer_requests, poll, take_messages, waited


def test_a_message_that_cannot_be_handled_costs_itself_alone(ros, wait_until):
    node = ros.add(ManagedNode("program", Parameters))
    # Not spun: what comes waits.
    quiet = Node("quiet")
    subscription = quiet.create_subscription(Bool, "said", lambda message: None, STREAM)
    publisher = ros.publish(Bool, "said", STREAM)
    name, taken = subscription.topic_name, []

    def take(message, info):
        taken.append(message.data)
        raise ValueError("not this one")

    def both():
        publisher.publish(Bool(data=True))
        take_messages(node, subscription, take)
        return len(taken) > 1

    try:
        wait_until(both, what="two messages")
    finally:
        quiet.destroy_node()
    assert node.statistics.counts[f"{name} failed"] >= 2


class Broken:
    """Handle of what cannot be taken from."""

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    def take_message(self, *asked):
        raise RuntimeError("cannot be taken")

    service_take_request = take_message


def test_what_cannot_be_taken_is_logged_and_counted(ros):
    node = ros.add(ManagedNode("program", Parameters))
    subscription = SimpleNamespace(handle=Broken(), topic_name="/estop", msg_type=Bool, raw=False)
    service = SimpleNamespace(handle=Broken(), srv_name="~/estop", srv_type=SetBool)
    take_messages(node, subscription, lambda message, info: None)
    answer_requests(node, service)
    assert node.statistics.counts["/estop failed"] == 1
    assert node.statistics.counts["~/estop failed"] == 1


class Poller(ManagedNode[Parameters]):
    """Takes what was said when it looks, and is woken by nothing."""

    def __init__(self, qos=POLLED_SUBSCRIBER, **arguments):
        self.qos, self.heard = qos, []
        super().__init__("poller", Parameters, **arguments)

    def activate(self):
        self.said = self.subscription(Bool, "said", self.take, self.qos, polled=True)

    def take(self, message, info):
        self.heard.append((message.data, waited(info)))

    def poll(self, seconds=1.0):
        poll(self, self.said, seconds)
        return self.heard


@pytest.fixture
def said(ros, wait_until):
    """A publisher of what pollers hear, as soon as one hears it."""
    publisher = ros.publish(Bool, "said", STREAM)

    def say(poller, count=1):
        def heard():
            publisher.publish(Bool())
            return poller.poll()

        if not poller.heard:
            wait_until(heard, what="the first message")
            time.sleep(0.1)
            poller.poll()
        poller.heard.clear()
        for _ in range(count):
            publisher.publish(Bool(data=True))
        # So long the last one may be on its way.
        time.sleep(0.2)

    return say


@pytest.mark.parametrize("kind", [GuardedExecutor, SingleThreadedExecutor])
def test_no_executor_is_woken_for_what_is_polled(kind, ros, said):
    poller, executor = Poller(), kind()
    try:
        assert poller.start()
        executor.add_node(poller)
        said(poller, 50)
        # Its timer of diagnostics may have a turn.
        for _ in range(5):
            executor.spin_once(0.05)
        assert poller.heard == []
        # None of those that wait is lost; each says for how long it has waited.
        assert [data for data, _ in poller.poll()] == [True] * 50
        assert all(0.2 < age < 10.0 for _, age in poller.heard)
    finally:
        executor.shutdown()
        poller.destroy_node()


def test_who_polls_takes_no_longer_than_it_has_time_for(ros, said):
    poller = ros.add(Poller())
    assert poller.start()
    said(poller, 3)
    assert len(poller.poll(seconds=0.0)) == 1
    assert len(poller.poll(seconds=1.0)) == 3


def test_a_publisher_that_a_poller_cannot_hear_is_named(ros, wait_until):
    poller = ros.add(Poller(LATCHED))
    assert poller.start()
    ros.publish(Bool, "said", QoSProfile(depth=1))
    wait_until(lambda: poller.diagnosis().level is Level.WARN, what="the warning")
    assert "durability does not fit" in poller.diagnosis().message


def test_in_one_process_there_is_nothing_to_poll(ros):
    local = LocalDelivery()
    publisher = local.publisher(ros.publish(Bool, "said", STREAM), Bool, STREAM)
    poller = ros.add(Poller(local_delivery=local))
    assert poller.start()
    assert poller.said is None
    publisher.publish(Bool(data=True))
    assert poller.heard == [(True, 0.0)]


def test_what_was_destroyed_meanwhile_has_no_messages(ros, said):
    poller = ros.add(Poller())
    assert poller.start()
    said(poller)
    poller.stop()
    assert poller.poll() == []
    assert "said failed" not in str(dict(poller.statistics.counts))


@pytest.mark.parametrize(
    ("received", "age"), [(None, 0.0), (0, 0.0), (-0.25e9, 0.25), (1e9, 0.0), (-9e18, 1.0)]
)
def test_how_long_a_message_has_waited(received, age, monkeypatch):
    now = 10**19
    monkeypatch.setattr(time, "time_ns", lambda: now)
    info = {"received_timestamp": now + int(received) if received else received}
    assert waited(info) == pytest.approx(age)
    assert waited({}) == 0.0
