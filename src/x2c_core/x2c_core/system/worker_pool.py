# SPDX-License-Identifier: Apache-2.0
"""Pool of processes that end with the process that started them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any


@contextmanager
def worker_pool(
    processes: int,
    start: Callable[..., object] | None = None,
    arguments: tuple[Any, ...] = (),
    *,
    hurry: bool = False,
) -> Iterator[ProcessPoolExecutor]:
    """Provide a pool of processes that ignore Ctrl-C and end with this one, however it ends.

    They are spawned: neither OpenGL nor a running ONNX Runtime survives a fork. When the block is
    left by an exception, no waiting job is started.

    Args:
        processes: Number of processes, at least 1.
        start: Function of a module that each process calls first.
        arguments: Arguments of `start`.
        hurry: Whether to end running jobs at once when the block is left by an exception;
            otherwise they are completed.
    """
    context = multiprocessing.get_context("spawn")
    # Nothing is ever sent: what counts is that the near end is closed, however this process ends.
    far_end, near_end = context.Pipe(duplex=False)
    with (
        far_end,
        near_end,
        ProcessPoolExecutor(
            processes, context, initializer=_begin, initargs=(far_end, start, arguments)
        ) as pool,
    ):
        try:
            yield pool
        except BaseException:
            if hurry:
                near_end.close()
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _begin(
    leash: Connection, start: Callable[..., object] | None, arguments: tuple[Any, ...]
) -> None:
    # Ctrl-C reaches every process of a terminal; the one that started these decides what to do.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(leash,), daemon=True).start()
    if start is not None:
        start(*arguments)


def _end_with(leash: Connection) -> None:
    leash.poll(None)
    os._exit(1)
