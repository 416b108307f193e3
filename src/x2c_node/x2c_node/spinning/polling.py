# SPDX-License-Identifier: Apache-2.0
"""Messages and requests taken by hand: where no executor spins the node, or none is to be woken.

As in the executor's spin, no exception ends it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

from rclpy.exceptions import InvalidHandle
from rclpy.node import Node
from rclpy.service import Service
from rclpy.subscription import Subscription

from x2c_node.spinning.executor import report_failure

_LONGEST_AGE = 1.0
"""A message has waited no longer than this [s], whatever the system's clock says."""


def take_messages(
    node: Node,
    subscription: Subscription[Any],
    take: Callable[[Any, Any], None],
    seconds: float = math.inf,
) -> None:
    """Take the messages that wait.

    Args:
        node: Node of the subscription.
        subscription: Subscription to take from.
        take: Callback for a message and its info.
        seconds: Time after which no further one is taken [s]: they may come faster than they are
            taken.
    """
    limit = time.monotonic() + seconds

    def one() -> bool:
        try:
            with subscription.handle:
                taken = subscription.handle.take_message(subscription.msg_type, subscription.raw)
        except InvalidHandle:
            # Another thread has destroyed it since.
            return False
        if taken is not None:
            take(*taken)
        return taken is not None and time.monotonic() < limit

    _go_on(node, lambda: _name_of(subscription), one)


def poll(node: Node, subscription: Subscription[Any], seconds: float) -> None:
    """Call a subscription's callback, which takes infos too, for the messages that wait.

    Args:
        node: Node of the subscription.
        subscription: Subscription to take from.
        seconds: Time after which no further message is taken [s].
    """
    take: Any = subscription.callback
    take_messages(node, subscription, take, seconds)


def waited(info: Mapping[str, Any]) -> float:
    """Return for how long a message has waited to be taken [s]; 0 where it is not known.

    Args:
        info: Message info as rclpy gives it.
    """
    received = info.get("received_timestamp")
    if not received:
        return 0.0
    age = (time.time_ns() - int(received)) * 1e-9
    return min(max(age, 0.0), _LONGEST_AGE)


def answer_requests(node: Node, service: Service[Any, Any]) -> None:
    """Answer the requests that wait, as an executor does.

    Args:
        node: Node of the service.
        service: Service to answer for.
    """

    def one() -> bool:
        with service.handle:
            taken: tuple[Any, Any] = service.handle.service_take_request(service.srv_type.Request)
        request, header = taken
        if header is not None:
            service.send_response(service.callback(request, service.srv_type.Response()), header)
        return header is not None

    _go_on(node, lambda: service.srv_name, one)


def _name_of(subscription: Subscription[Any]) -> str:
    try:
        return subscription.topic_name
    except InvalidHandle:
        return subscription.topic


def _go_on(node: Node, name: Callable[[], str], one: Callable[[], bool]) -> None:
    try:
        while one():
            pass
    except Exception as error:
        # What still waits comes with the next call: taking may fail again and again.
        report_failure(node, name(), error)
