# SPDX-License-Identifier: Apache-2.0
"""Messages and requests taken by hand, where no executor spins the node any more.

As in the executor's spin, no exception ends it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.node import Node
from rclpy.service import Service
from rclpy.subscription import Subscription

from x2c_node.spinning.executor import report_failure


def take_messages(
    node: Node, subscription: Subscription[Any], take: Callable[[Any, Any], None]
) -> None:
    """Take the messages that wait.

    Args:
        node: Node of the subscription.
        subscription: Subscription to take from.
        take: Callback for a message and its info.
    """

    def one() -> bool:
        with subscription.handle:
            taken = subscription.handle.take_message(subscription.msg_type, subscription.raw)
        if taken is not None:
            take(*taken)
        return taken is not None

    _go_on(node, subscription.topic_name, one)


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

    _go_on(node, service.srv_name, one)


def _go_on(node: Node, name: str, one: Callable[[], bool]) -> None:
    try:
        while one():
            pass
    except Exception as error:
        # What still waits comes with the next call: taking may fail again and again.
        report_failure(node, name, error)
