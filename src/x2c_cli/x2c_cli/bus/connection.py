# SPDX-License-Identifier: Apache-2.0
"""A node of this process on the bus, spun by the caller that waits."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Self

import rclpy
from rclpy.context import Context
from rclpy.publisher import Publisher
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.signals import SignalHandlerOptions

from x2c_bringup.shared_files import set_middleware_defaults
from x2c_cli.errors import BusError
from x2c_node.graph.endpoints import node_label, publishers, subscriptions
from x2c_node.spinning.executor import GuardedExecutor
from x2c_node.spinning.polling import take_messages
from x2c_node.spinning.spin import spin_while_waiting

DISCOVERY = 10.0
"""Time limit for the discovery of something that is there [s]."""

ANNOUNCED = 3.5
"""Time after which also those are discovered that missed the first announcements: Fast DDS repeats
them every 3 s where a user's own profile says nothing else.
"""

_QUIET = 1.0
"""Time without a change of the graph after which everything counts as discovered [s]."""

_AGAIN = 2.0
"""Time after which a request without an answer is sent again [s].

The middleware drops an answer to a client that the server has not discovered yet.
"""

_ANSWER = 10.0
_DEPTH = 50
_POLL = 0.02


class Bus:
    """A node on the bus; use it in a `with` block.

    Nothing is received outside of its waiting methods. Names are full ones.
    """

    def __init__(self) -> None:
        set_middleware_defaults()
        self._context = Context()
        rclpy.init(context=self._context, args=[], signal_handler_options=SignalHandlerOptions.NO)
        self._node = rclpy.create_node(
            f"x2c_{os.getpid()}",
            context=self._context,
            use_global_arguments=False,
            start_parameter_services=False,
            enable_rosout=False,
        )
        self._executor = GuardedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._opened = time.monotonic()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Leave the bus."""
        self._executor.shutdown()
        self._node.destroy_node()
        self._context.try_shutdown()

    def receive(self) -> None:
        """Take the messages that wait, without the executor.

        For a program that looks at a steady rate anyway: with an executor's turn for each message
        rclpy needs more than twice the processor time.
        """
        for subscription in list(self._node.subscriptions):
            take_messages(self._node, subscription, partial(_deliver, subscription.callback))

    def wait(self, condition: Callable[[], Any], timeout: float) -> bool:
        """Receive until a condition holds or a time [s] has passed; return whether it holds."""
        return spin_while_waiting(self._executor, condition, timeout, _POLL)

    def discover(self, condition: Callable[[], Any]) -> bool:
        """Receive until a condition holds or everything had time to be discovered.

        Returns:
            Whether the condition holds.
        """
        return self.wait(condition, DISCOVERY)

    def settle(self, condition: Callable[[], Any] = lambda: True) -> bool:
        """Receive until a condition holds and the graph no longer changes.

        Returns:
            Whether the condition holds; it may not after the time limit for discovery.
        """
        if not self.discover(condition):
            return False
        before, since = self._graph(), time.monotonic()

        def quiet() -> bool:
            nonlocal before, since
            now = self._graph()
            if now != before:
                before, since = now, time.monotonic()
            return time.monotonic() >= max(since + _QUIET, self._opened + ANNOUNCED)

        self.discover(quiet)
        return bool(condition())

    def nodes(self) -> list[str]:
        """Return the names of all other nodes, sorted."""
        names = {
            f"{namespace.rstrip('/')}/{name}"
            for name, namespace in self._node.get_node_names_and_namespaces()
        }
        return sorted(names - {self._node.get_fully_qualified_name()})

    def topics(self, kind: str = "") -> dict[str, str]:
        """Return the type of each topic by name, sorted; with a type, only those of this type."""
        return _of_kind(self._node.get_topic_names_and_types(), kind)

    def services(self, kind: str = "") -> dict[str, str]:
        """Return the type of each service by name, sorted; with a type, only those of it."""
        return _of_kind(self._node.get_service_names_and_types(), kind)

    def ends(self, topic: str) -> tuple[int, int]:
        """Return the numbers of publishers and subscriptions of a topic."""
        return self._node.count_publishers(topic), self._node.count_subscribers(topic)

    def listeners(self, topic: str) -> list[str]:
        """Return the names of the nodes that subscribe to a topic."""
        found = subscriptions(self._node, topic) or ()
        return sorted({node_label(one) for one in found})

    def subscribe(
        self,
        kind: type,
        topic: str,
        take: Callable[[Any], None],
        *,
        depth: int = _DEPTH,
        raw: bool = False,
    ) -> Callable[[], object]:
        """Receive the messages of a topic, as reliably as its present publishers offer.

        Args:
            kind: Class of the messages.
            topic: Name of the topic.
            take: Called with each message, within the waiting methods.
            depth: Number of messages that may wait.
            raw: Whether `take` gets serialized messages (bytes).

        Returns:
            Function that ends the subscription.
        """
        offered = [one.qos_profile for one in publishers(self._node, topic) or ()]
        reliable = offered and all(
            one.reliability == ReliabilityPolicy.RELIABLE for one in offered
        )
        latched = offered and all(
            one.durability == DurabilityPolicy.TRANSIENT_LOCAL for one in offered
        )
        quality = QoSProfile(
            depth=depth,
            reliability=(
                ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT
            ),
            durability=(
                DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE
            ),
        )
        subscription = self._node.create_subscription(kind, topic, take, quality, raw=raw)
        return partial(self._node.destroy_subscription, subscription)

    def publisher(self, kind: type, topic: str) -> Publisher[Any]:
        """Return a publisher whose last message also reaches later subscriptions."""
        quality = QoSProfile(
            depth=1,
            reliability=ReliabilityPolicy.RELIABLE,
            durability=DurabilityPolicy.TRANSIENT_LOCAL,
        )
        return self._node.create_publisher(kind, topic, quality)

    def stream(self, kind: type, topic: str) -> Publisher[Any]:
        """Return a publisher of news only: later subscriptions get nothing that was before."""
        quality = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)
        return self._node.create_publisher(kind, topic, quality)

    def end_publisher(self, publisher: Publisher[Any]) -> None:
        """Destroy a publisher."""
        self._node.destroy_publisher(publisher)

    def call(self, kind: type, service: str, request: Any) -> Any:
        """Call a service, which must not mind being called twice, and return its response.

        Raises:
            BusError: The service is not there, or does not answer.
        """
        client: Any = self._node.create_client(kind, service)
        try:
            if not self.discover(client.service_is_ready):
                raise BusError(f"there is no service {service}")
            futures = []
            limit = time.monotonic() + _ANSWER
            while time.monotonic() < limit:
                futures.append(client.call_async(request))
                self.wait(lambda: any(one.done() for one in futures), _AGAIN)
                for one in futures:
                    if one.done():
                        return one.result()
        finally:
            self._node.destroy_client(client)
        raise BusError(f"{service} does not answer within {_ANSWER:g} s")

    def _graph(self) -> tuple[object, ...]:
        return (
            self.nodes(),
            self._node.get_topic_names_and_types(),
            self._node.get_service_names_and_types(),
        )


def _deliver(take: Callable[..., None], message: Any, info: object) -> None:
    take(message)


def domain() -> str:
    """Return the ROS domain of this process in words, for messages."""
    return f"ROS_DOMAIN_ID {os.environ.get('ROS_DOMAIN_ID') or '0'}"


def _of_kind(found: list[tuple[str, list[str]]], kind: str) -> dict[str, str]:
    return {name: types[0] for name, types in sorted(found) if not kind or kind in types}
