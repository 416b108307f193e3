# SPDX-License-Identifier: Apache-2.0
"""Publishers of every quality are heard, or the node says which is not, why and what to do."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import rclpy
from rclpy.context import Context
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from std_msgs.msg import Bool, String

from x2c_node.diagnostics import Level
from x2c_node.managed_node import ManagedNode
from x2c_node.parameters import Parameters
from x2c_node.qos import LATCHED, NEWEST_SUBSCRIBER, STREAM_SUBSCRIBER


class Listener(ManagedNode[Parameters]):
    """Keeps what it hears."""

    def __init__(self, qos: QoSProfile, **arguments) -> None:
        self.qos = qos
        self.heard: list[str] = []
        super().__init__("listener", Parameters, **arguments)

    def activate(self) -> None:
        self.subscription(String, "words", self.take, self.qos)

    def take(self, message: String) -> None:
        self.heard.append(message.data)


@pytest.fixture
def listen(ros):
    def start(qos, **given) -> Listener:
        overrides = [Parameter(name, value=value) for name, value in given.items()]
        node = Listener(qos, parameter_overrides=overrides)
        assert node.start()
        return ros.add(node)

    return start


@pytest.mark.parametrize("asked", [NEWEST_SUBSCRIBER, STREAM_SUBSCRIBER])
@pytest.mark.parametrize("reliability", ["BEST_EFFORT", "RELIABLE"])
@pytest.mark.parametrize("durability", ["VOLATILE", "TRANSIENT_LOCAL"])
def test_publishers_of_every_quality_are_heard(
    ros, listen, wait_until, asked, reliability, durability
):
    listener = listen(asked)
    offered = QoSProfile(
        depth=1,
        reliability=ReliabilityPolicy[reliability],
        durability=DurabilityPolicy[durability],
    )
    words = ros.publish(String, "words", offered)
    wait_until(words.get_subscription_count, "the subscription")

    def heard() -> list[str]:
        words.publish(String(data="hello"))
        return listener.heard

    wait_until(heard, "the word")
    assert listener.diagnosis().level is Level.OK


@pytest.fixture
def stranger(ros):
    """A node of another participant: one participant refuses two types of a topic."""
    context = Context()
    rclpy.init(context=context, domain_id=ros.node.context.get_domain_id())
    node = rclpy.create_node("stranger", context=context)
    yield node
    node.destroy_node()
    context.try_shutdown()


def test_a_publisher_of_another_type_is_named_until_it_is_gone(ros, listen, stranger, wait_until):
    listener = listen(STREAM_SUBSCRIBER)
    words = stranger.create_publisher(Bool, "words", QoSProfile(depth=1))
    told = (
        "/words of /stranger (std_msgs/msg/Bool) is not received: expected the type "
        "std_msgs/msg/String"
    )
    # The graph may show the publisher before the name of its node.
    wait_until(lambda: listener.diagnosis().values.get("/words not received") == told, told)
    assert listener.diagnosis().level is Level.WARN
    stranger.destroy_publisher(words)
    wait_until(lambda: listener.diagnosis().level is Level.OK, "the publisher's end")


def test_a_publisher_whose_node_was_not_found_yet_is_told_in_words(listen, monkeypatch):
    listener = listen(STREAM_SUBSCRIBER)
    early = SimpleNamespace(
        node_name="_NODE_NAME_UNKNOWN_",
        node_namespace="_NODE_NAMESPACE_UNKNOWN_",
        topic_type="std_msgs/msg/Bool",
    )
    monkeypatch.setattr(listener, "get_publishers_info_by_topic", lambda topic: [early])
    told = listener.diagnosis().values["/words not received"]
    assert told.startswith("/words of a node whose name is not known (std_msgs/msg/Bool) is not")


@pytest.mark.parametrize(
    ("asked", "overrides", "offered", "sentence"),
    [
        (
            STREAM_SUBSCRIBER,
            {"qos_overrides./words.subscription.reliability": "reliable"},
            QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT),
            (
                "/words of /test_side (Best effort publisher and reliable subscription) is not "
                "received: its reliability does not fit; publish it as reliable, or set "
                "qos_overrides./words.subscription.reliability:=best_effort"
            ),
        ),
        (
            LATCHED,
            {},
            QoSProfile(depth=1),
            (
                "/words of /test_side (Volatile publisher and transient local subscription) is "
                "not received: its durability does not fit; publish it as transient local, or set "
                "qos_overrides./words.subscription.durability:=volatile"
            ),
        ),
    ],
)
def test_a_publisher_that_cannot_be_heard_is_named_until_it_is_gone(
    ros, listen, wait_until, asked, overrides, offered, sentence
):
    listener = listen(asked, **overrides)
    words = ros.publish(String, "words", offered)
    wait_until(lambda: listener.diagnosis().level is Level.WARN, "the warning")
    diagnosis = listener.diagnosis()
    assert diagnosis.values["/words not received"] == sentence
    assert diagnosis.message == f"active; {sentence}"
    ros.node.destroy_publisher(words)
    wait_until(lambda: listener.diagnosis().level is Level.OK, "the publisher's end")
