# SPDX-License-Identifier: Apache-2.0
"""Works on several things at once, each in a process of its own, with progress of each."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import Connection
from typing import Any, TypeVar

J = TypeVar("J")
R = TypeVar("R")

Work = Callable[[J, Callable[[int], None]], R]
"""A function of a module: takes a job and a function to tell progress to, returns a result."""

Progress = Callable[[int, int], None]
"""Called with a job's place and how much of it is done."""

_POLLING = 0.2


def work_through(
    work: Work[J, R],
    jobs: Sequence[J],
    processes: int,
    progress: Progress,
    crashed: Callable[[J], R],
) -> Iterator[tuple[int, R]]:
    """Yield each job's place with its result, in the order in which they are done.

    Where a process dies, the jobs that it may have died of are done again, each alone. Where this
    one ends, in whatever way, or wants no more results, so do the others.

    Args:
        work: What is to be done.
        jobs: With what.
        processes: How many at once; a single job is done in this process.
        progress: Called now and then.
        crashed: Makes the result of a job that kills its process.
    """
    if len(jobs) <= 1:
        for place, job in enumerate(jobs):
            yield place, work(job, lambda done, at=place: progress(at, done))  # type: ignore[misc]
        return
    left = dict(enumerate(jobs))
    try:
        for place, result in _together(work, left, processes, progress):
            del left[place]
            yield place, result
    except BrokenProcessPool:
        for place, job in sorted(left.items()):
            try:
                _, result = next(_together(work, {place: job}, 1, progress))
            except BrokenProcessPool:
                result = crashed(job)
            yield place, result


def _together(
    work: Work[J, R], jobs: dict[int, J], processes: int, progress: Progress
) -> Iterator[tuple[int, R]]:
    # Neither OpenGL nor MediaPipe survives a fork.
    context = multiprocessing.get_context("spawn")
    # Each number has one writer: without a lock there is none to leave behind.
    counts = context.RawArray("i", max(jobs) + 1)
    # Nothing is ever sent: what counts is that the near end is closed, however this process ends.
    far_end, near_end = context.Pipe(duplex=False)
    with (
        far_end,
        near_end,
        ProcessPoolExecutor(
            max(min(processes, len(jobs)), 1),
            context,
            initializer=_begin,
            initargs=(counts, far_end),
        ) as pool,
    ):
        running: dict[Future[R], int] = {
            pool.submit(_counted, work, place, job): place for place, job in jobs.items()
        }
        try:
            while running:
                finished, _ = wait(running, _POLLING, FIRST_COMPLETED)
                for place in running.values():
                    progress(place, counts[place])
                # Whatever else has been done is kept when one of them has broken the pool.
                for future in sorted(finished, key=lambda one: one.exception() is not None):
                    yield running[future], future.result()
                    del running[future]
        except BaseException:
            near_end.close()
            raise


_counts: Any = None


def _begin(counts: Any, leash: Connection) -> None:
    global _counts
    _counts = counts
    # A terminal tells everybody; who ends, and when, is for the first process to say.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(leash,), daemon=True).start()


def _end_with(leash: Connection) -> None:
    leash.poll(None)
    os._exit(1)


def _counted(work: Work[J, R], place: int, job: J) -> R:
    def count(done: int) -> None:
        _counts[place] = done

    return work(job, count)
