# SPDX-License-Identifier: Apache-2.0
"""Several nodes as one process, which hand messages on to each other directly.

The launch file starts `actuation_node` and `face_mixer_node` this way: between two processes each
message would take its way through the middleware, which costs more than the mixing.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from x2c_actuation.actuation_node import ActuationNode
from x2c_imitation.face_mixer_node import FaceMixerNode
from x2c_node.errors import ThreadError
from x2c_node.local_delivery import LocalDelivery
from x2c_node.managed_node import ManagedNode
from x2c_node.spinning.node_thread import NodeThread
from x2c_node.spinning.spin import run_process
from x2c_node.spinning.stopping import StopRequest
from x2c_node.supervision.supervisor import Supervisor

_ROS_ARGUMENTS = "--ros-args"
_NAME = "__node:="
_LOOK = 0.1
"""Longest delay until a signal is noticed [s]."""


def run_nodes(
    classes: Sequence[Callable[..., ManagedNode[Any]]], request: StopRequest
) -> Supervisor:
    """Run nodes until a stop is requested, or a thread of one has failed; return their supervisor.

    Args:
        classes: Classes of the nodes, the one that the others publish for first; the arguments of
            the process are for all, the name of a node among them for the first alone.
        request: Request to stop.
    """
    supervisor, delivery = Supervisor(), LocalDelivery()
    threads: list[NodeThread] = []

    def hurry() -> None:
        for thread in threads:
            thread.node.hurry()

    try:
        for cls in classes:
            node = cls(
                local_delivery=delivery,
                supervisor=supervisor,
                cli_args=_arguments(sys.argv, first=not threads),
                use_global_arguments=False,
            )
            threads.append(NodeThread(node, supervisor))
        request.when_hurried(hurry)
        supervisor.start()
        # Publishers are there before those who take from them.
        for thread in reversed(threads):
            if not request.wanted:
                thread.result(thread.begin(thread.node.start))
        while not (request.wanted or supervisor.over):
            time.sleep(_LOOK)
    except ThreadError:
        # The supervisor says which one.
        pass
    finally:
        # Whatever has happened, the robot is not left as it was when it happened.
        for thread in reversed(threads):
            thread.stop()
        for thread in reversed(threads):
            thread.close()
    return supervisor


def _arguments(words: Sequence[str], *, first: bool) -> list[str]:
    """Return the arguments of ROS for one of the nodes."""
    begin = words.index(_ROS_ARGUMENTS) if _ROS_ARGUMENTS in words else len(words)
    given = list(words[begin:])
    if first:
        return given
    kept: list[str] = []
    for word in given:
        if word.startswith(_NAME):
            # The "-r" before it.
            kept.pop()
        else:
            kept.append(word)
    return kept


def main() -> None:
    """Run actuation and the mixer."""
    run_process(partial(run_nodes, (ActuationNode, FaceMixerNode)))
