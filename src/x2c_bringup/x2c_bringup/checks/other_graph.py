# SPDX-License-Identifier: Apache-2.0
"""Refuse a second graph on the same names: two would command the same joints."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

from rclpy.node import Node

from x2c_bringup.errors import GraphError
from x2c_bringup.graph.node_specs import NodeSpec
from x2c_node.graph.namesakes import full_names

_DISCOVERY = 2.0
"""Time limit for the discovery of running nodes [s]; an idle machine needs a tenth of it."""

_ENDING = 3.0
"""Time for nodes that were found to end, since they may just be ending [s]."""

_POLL = 0.05


def refuse_second(specs: Sequence[NodeSpec], node: Node, *, ours: int, since: float) -> None:
    """Refuse a graph whose nodes run already.

    Args:
        specs: Specifications of the graph's nodes.
        node: Node that discovers others.
        ours: Number of nodes of each name that are the graph's own: 0 before it is made, then 1.
        since: Time by the steady clock at which discovery began [s].

    Raises:
        GraphError: Nodes of the same names run already; the text names them.
    """
    names = [spec.full_name for spec in specs]
    time.sleep(max(0.0, since + _DISCOVERY - time.monotonic()))
    limit = time.monotonic() + _ENDING
    while others := _more_than(ours, names, node):
        if time.monotonic() > limit:
            domain = os.environ.get("ROS_DOMAIN_ID") or "0"
            raise GraphError(
                f"another graph runs already: {', '.join(others)} (ROS_DOMAIN_ID {domain}); end "
                "it, or give this one a namespace or a ROS_DOMAIN_ID of its own"
            )
        time.sleep(_POLL)


def _more_than(ours: int, names: Sequence[str], node: Node) -> list[str]:
    there = full_names(node)
    return [name for name in names if there[name] > ours]
