# SPDX-License-Identifier: Apache-2.0
"""Refuse a second graph on the same names: two would command the same joints."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from rclpy.node import Node

from x2c_bringup.errors import GraphError
from x2c_bringup.graph.node_specs import NodeSpec
from x2c_bringup.shared_files import is_confined
from x2c_node.graph.held_names import is_held
from x2c_node.graph.namesakes import full_names
from x2c_node.managed_node import ManagedNode

_DISCOVERY = 2.0
"""Time limit for the discovery of nodes on other machines [s]."""

_ENDING = 3.0
"""Time for nodes that were found to end, since they may just be ending [s]."""

_POLL = 0.05


def refuse_held(specs: Sequence[NodeSpec], domain: int) -> None:
    """Refuse a graph whose nodes run already on this machine; before it makes its own.

    Args:
        specs: Specifications of the graph's nodes.
        domain: ROS domain of the graph.

    Raises:
        GraphError: Nodes of the same names run already; the text names them.
    """
    names = [spec.full_name for spec in specs if spec.is_ours]
    _refuse_while(lambda: [name for name in names if is_held(domain, name)], domain)


def refuse_late(node: ManagedNode[Any]) -> None:
    """Refuse a graph that made one of its nodes after another graph that starts at the same time.

    Raises:
        GraphError: Another node has the name.
    """
    if not node.hold_name():
        raise _refusal([node.get_fully_qualified_name()], node.context.get_domain_id())


def refuse_second(specs: Sequence[NodeSpec], node: Node, *, ours: int, since: float) -> None:
    """Refuse a graph whose nodes run already, as far as they can be discovered.

    Nodes of other machines take time to be discovered; `refuse_held` is for those of this one.

    Args:
        specs: Specifications of the graph's nodes.
        node: Node that discovers others.
        ours: Number of nodes of each name that are the graph's own: 0 before it is made, then 1.
        since: Time by the steady clock at which discovery began [s].

    Raises:
        GraphError: Nodes of the same names run already; the text names them.
    """
    if not is_confined():
        time.sleep(max(0.0, since + _DISCOVERY - time.monotonic()))
    names = [spec.full_name for spec in specs]

    def others() -> list[str]:
        there = full_names(node)
        return [name for name in names if there[name] > ours]

    _refuse_while(others, node.context.get_domain_id())


def _refuse_while(find: Callable[[], Sequence[str]], domain: int) -> None:
    limit = time.monotonic() + _ENDING
    while others := find():
        if time.monotonic() > limit:
            raise _refusal(others, domain)
        time.sleep(_POLL)


def _refusal(others: Sequence[str], domain: int) -> GraphError:
    return GraphError(
        f"another graph runs already: {', '.join(others)} (ROS_DOMAIN_ID {domain}); end it, or "
        "give this one a namespace or a ROS_DOMAIN_ID of its own"
    )
