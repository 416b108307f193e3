# SPDX-License-Identifier: Apache-2.0
"""Several nodes as one process, which hand messages on to each other directly.

The launch file starts what sees this way, and `face_mixer_node` with `actuation_node`: between two
processes each message would take its way through the middleware. For an image that takes as long
as half of the tracking, for control values longer than the mixing.
"""

from __future__ import annotations

import pkgutil
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from x2c_node.errors import ThreadError
from x2c_node.local_delivery import LocalDelivery
from x2c_node.managed_node import ManagedNode
from x2c_node.spinning.node_thread import NodeThread
from x2c_node.spinning.spin import run_process
from x2c_node.spinning.stopping import StopRequest
from x2c_node.supervision.supervisor import Supervisor

_PERCEPTION = {
    "imitation_node": "x2c_imitation.imitation_node:ImitationNode",
    "face_tracker_node": "x2c_perception.face_tracker_node:FaceTrackerNode",
    "camera_node": "x2c_perception.camera_node:CameraNode",
}
_ACTUATION = {
    "actuation_node": "x2c_actuation.actuation_node:ActuationNode",
    "face_mixer_node": "x2c_imitation.face_mixer_node:FaceMixerNode",
}
"""Nodes that may share a process, those who listen before those who publish for them."""

_ROS_ARGUMENTS = "--ros-args"
_NAME = "__node:="
_LOOK = 0.1
"""Longest delay until a signal is noticed [s]."""

NodeClass = Callable[..., ManagedNode[Any]]


def perception() -> None:
    """Run the face tracker with the nodes named before --ros-args: camera_node, imitation_node.

    Raises:
        SystemExit: See `run_process`; or another node was named.
    """
    _run("face_tracker_node", _PERCEPTION)


def actuation_with_mixer() -> None:
    """Run actuation with the node named before --ros-args: face_mixer_node.

    Raises:
        SystemExit: See `run_process`; or another node was named.
    """
    _run("actuation_node", _ACTUATION)


def _run(host: str, known: dict[str, str]) -> None:
    named = sys.argv[1 : _begin_of_ros_arguments(sys.argv)]
    for name in named:
        if name not in known:
            expected = ", ".join(one for one in known if one != host)
            raise SystemExit(f"error: expected nodes of {expected} to run too, got {name!r}")
    chosen = [name for name in known if name in (host, *named)]
    classes: list[NodeClass] = [pkgutil.resolve_name(known[name]) for name in chosen]
    run_process(partial(run_nodes, classes, chosen.index(host)))


def run_nodes(classes: Sequence[NodeClass], host: int, request: StopRequest) -> Supervisor:
    """Run nodes until a stop is requested, or a thread of one has failed; return their supervisor.

    Args:
        classes: Classes of the nodes, those who listen before those who publish for them.
        host: Index of the node that the process is named after: the arguments of the process are
            for all, the name of a node among them for this one alone.
        request: Request to stop.
    """
    supervisor, delivery = Supervisor(), LocalDelivery()
    threads: list[NodeThread] = []

    def hurry() -> None:
        for thread in threads:
            thread.node.hurry()

    try:
        for index, cls in enumerate(classes):
            node = cls(
                local_delivery=delivery,
                supervisor=supervisor,
                cli_args=_arguments(sys.argv, named=index == host),
                use_global_arguments=False,
            )
            threads.append(NodeThread(node, supervisor))
        request.when_hurried(hurry)
        supervisor.start()
        _start(threads, request)
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


def _start(threads: Sequence[NodeThread], request: StopRequest) -> None:
    """Configure all nodes at a time, then activate them, those who listen first.

    So publishers are there before those who take from them, and not even the first image is lost.
    A node that refuses says why, and the others go on without it.
    """
    asked = [one for one in threads if one.node.params.autostart and not request.wanted]
    for thread, future in [(one, one.begin(one.node.trigger_configure)) for one in asked]:
        thread.result(future)
    for thread in asked:
        if thread.node.state == "inactive" and not request.wanted:
            thread.result(thread.begin(thread.node.trigger_activate))


def _begin_of_ros_arguments(words: Sequence[str]) -> int:
    return words.index(_ROS_ARGUMENTS) if _ROS_ARGUMENTS in words else len(words)


def _arguments(words: Sequence[str], *, named: bool) -> list[str]:
    """Return the arguments of ROS for one of the nodes, with or without the name among them."""
    given = list(words[_begin_of_ros_arguments(words) :])
    if named:
        return given
    kept: list[str] = []
    for word in given:
        if word.startswith(_NAME):
            # The "-r" before it.
            kept.pop()
        else:
            kept.append(word)
    return kept
