# SPDX-License-Identifier: Apache-2.0
"""Nodes of the same full name: they answer each other's services and command the same joints."""

from __future__ import annotations

import time
from collections import Counter

from rclpy.node import Node

_SURE = 2.0
"""For how long another node has to be there before it counts [s]."""


def full_names(node: Node) -> Counter[str]:
    """Return how many nodes of each full name one node knows of, itself included."""
    return Counter(
        f"{namespace.rstrip('/')}/{name}"
        for name, namespace in node.get_node_names_and_namespaces()
    )


class Namesakes:
    """Other nodes of a node's full name, once they are there for some time.

    Discovery lists a node for a moment after it has ended.

    Args:
        node: The node.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._since: float | None = None

    @property
    def there(self) -> bool:
        """True if another node has the name; each look continues the one before."""
        if full_names(self._node)[self._node.get_fully_qualified_name()] < 2:
            self._since = None
            return False
        now = time.monotonic()
        if self._since is None:
            self._since = now
        return now - self._since >= _SURE
