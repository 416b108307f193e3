# SPDX-License-Identifier: Apache-2.0
"""Execution of nodes in this process until a request to stop."""

from __future__ import annotations

import ctypes
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import rclpy
from rclpy.executors import Executor, ExternalShutdownException
from rclpy.signals import SignalHandlerOptions
from threadpoolctl import threadpool_limits

from x2c_core.printable import printable
from x2c_node.managed_node import ManagedNode
from x2c_node.spinning.executor import GuardedExecutor
from x2c_node.spinning.message_generator import leave_out_generator
from x2c_node.spinning.stopping import INTERRUPTED, StopRequest, stop_on_signals
from x2c_node.supervision.supervisor import EXIT_STATUS, Pulse, Supervisor

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
"""Names of settings in glibc's malloc.h."""

_TURN = 0.0005
"""For how long a thread may keep Python's lock while others wait for it [s]."""

_LONGEST_WAIT = 0.2
"""Longest delay until a signal is noticed while idle [s]."""


def spin_until(executor: Executor, done: Callable[[], bool], pulse: Pulse | None = None) -> None:
    """Spin an executor until something holds, or ROS is shut down from outside.

    Args:
        executor: Executor to spin.
        done: Whether to end.
        pulse: Pulse of the thread, one beat each callback.
    """
    with pulse or Pulse() as beating:
        try:
            while not done():
                beating.beat()
                executor.spin_once(timeout_sec=_LONGEST_WAIT)
        except ExternalShutdownException:
            return


def spin_while_waiting(
    executor: Executor, condition: Callable[[], Any], timeout: float, poll: float
) -> bool:
    """Spin an executor until a condition holds or time is up; return whether it holds.

    Args:
        executor: Executor to spin.
        condition: Function that is asked after each callback.
        timeout: Time limit [s].
        poll: Longest time between two looks at the condition [s].
    """
    limit = time.monotonic() + timeout
    while not condition():
        left = limit - time.monotonic()
        if left <= 0.0:
            return False
        executor.spin_once(timeout_sec=min(left, poll))
    return True


def tune_process() -> None:
    """Set this process up for small matrices and big messages, before its nodes are made.

    What makes messages from their definitions is left out; see `leave_out_generator`.

    Matrix products stay in the calling thread. Sharing out a small one costs more than the
    product, and a thread that waits for one kept busy by another node waits for milliseconds.

    Freed memory stays with the process: an image of 640x480 takes its way through half a dozen
    buffers of 0.9 MB, and the system's handing out fresh pages for each costs more than a
    millisecond an image.

    Threads take shorter turns than Python's 5 ms: the one that sends commands at the motor rate
    is less late for it (at p99 in one process 1.2 to 1.6 ms, not 1.5 to 4.3), and latency stays
    the same.
    """
    leave_out_generator()
    sys.setswitchinterval(_TURN)
    threadpool_limits(limits=1, user_api="blas")
    # Only glibc has it; others hand out memory in their own way.
    if mallopt := getattr(ctypes.CDLL(None), "mallopt", None):
        mallopt(_M_MMAP_THRESHOLD, 32 * 1024 * 1024)
        mallopt(_M_TRIM_THRESHOLD, 128 * 1024 * 1024)


def run_node(make: Callable[[], ManagedNode[Any]], arguments: Sequence[str] | None = None) -> None:
    """Run one node until the process is to end: the body of every node's executable.

    Args:
        make: Returns the node.
        arguments: Command line; default: that of the process.

    Raises:
        SystemExit: The process was asked to end at once, or a thread of it has died or hung.
    """

    def run(request: StopRequest) -> Supervisor:
        node = make()
        request.when_hurried(node.hurry)
        _run(node, request)
        return node.supervisor

    run_process(run, arguments)


def run_process(
    run: Callable[[StopRequest], Supervisor], arguments: Sequence[str] | None = None
) -> None:
    """Have ROS in this process while nodes run: the body of executables.

    rclpy's own signal handling would take the middleware away before the nodes have ended.

    Args:
        run: Makes nodes and runs them until a stop is requested; returns their supervisor.
        arguments: Command line; default: that of the process.

    Raises:
        SystemExit: The process was asked to end at once, or a thread of it has died or hung.
    """
    tune_process()
    args = list(sys.argv if arguments is None else arguments)
    if unfit := [one for one in args if one != printable(one)]:
        raise SystemExit(
            f"error: the argument {unfit[0]!r} is no text in UTF-8, as ROS needs it: rename the "
            "file, or make a link to it of another name"
        )
    try:
        with stop_on_signals(last=True) as request:
            rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
            try:
                supervisor = run(request)
            finally:
                rclpy.try_shutdown()
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None
    if supervisor.fault:
        # The supervisor goes on: what hangs may keep the interpreter from ending.
        raise SystemExit(EXIT_STATUS)
    supervisor.stop()


def _run(node: ManagedNode[Any], request: StopRequest) -> None:
    """Run a node until a stop is requested, or a thread of it has failed."""
    executor = GuardedExecutor()
    executor.add_node(node)
    node.supervisor.start()
    try:
        if not request.wanted:
            node.start()
        spin_until(executor, lambda: request.wanted or node.supervisor.over, node.pulse)
    finally:
        # Whatever has happened, the robot is not left as it was when it happened.
        node.stop()
        executor.shutdown()
        node.destroy_node()
