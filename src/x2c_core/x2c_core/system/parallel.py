# SPDX-License-Identifier: Apache-2.0
"""Work on several things at once, each in a process of its own, with progress of each."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from x2c_core.system.worker_pool import worker_pool

J = TypeVar("J")
R = TypeVar("R")

Work = Callable[[J, Callable[[int], None]], R]
"""Module-level function of a job and a function that reports progress; returns a result."""

Progress = Callable[[int, int], None]
"""Called with a job's index and the amount done."""

_POLLING = 0.2


def work_through(
    work: Work[J, R],
    jobs: Sequence[J],
    processes: int,
    progress: Progress,
    crashed: Callable[[J], R],
) -> Iterator[tuple[int, R]]:
    """Yield each job's index with its result, in the order in which they are done.

    Where a process dies, the jobs that it may have died of are done again, each alone. Where this
    one ends, in whatever way, or wants no more results, so do the others.

    Args:
        work: Function to apply to each job.
        jobs: Arguments, one for each call.
        processes: Number of processes; a single job is done in this process.
        progress: Called now and then.
        crashed: Makes the result of a job that kills its process.
    """
    if len(jobs) <= 1:
        for index, job in enumerate(jobs):
            yield index, work(job, lambda done, at=index: progress(at, done))  # type: ignore[misc]
        return
    left = dict(enumerate(jobs))
    try:
        for index, result in _together(work, left, processes, progress):
            del left[index]
            yield index, result
    except BrokenProcessPool:
        for index, job in sorted(left.items()):
            try:
                _, result = next(_together(work, {index: job}, 1, progress))
            except BrokenProcessPool:
                result = crashed(job)
            yield index, result


def _together(
    work: Work[J, R], jobs: dict[int, J], processes: int, progress: Progress
) -> Iterator[tuple[int, R]]:
    # Each number has one writer: without a lock there is none to leave behind.
    counts = multiprocessing.get_context("spawn").RawArray("i", max(jobs) + 1)
    workers = max(min(processes, len(jobs)), 1)
    with worker_pool(workers, _set_counts, (counts,), hurry=True) as pool:
        running: dict[Future[R], int] = {
            pool.submit(_counted, work, index, job): index for index, job in jobs.items()
        }
        while running:
            finished, _ = wait(running, _POLLING, FIRST_COMPLETED)
            for index in running.values():
                progress(index, counts[index])
            # Whatever else has been done is kept when one of them has broken the pool.
            for future in sorted(finished, key=lambda one: one.exception() is not None):
                yield running[future], future.result()
                del running[future]


_counts: Any = None


def _set_counts(counts: Any) -> None:
    global _counts
    _counts = counts


def _counted(work: Work[J, R], index: int, job: J) -> R:
    def count(done: int) -> None:
        _counts[index] = done

    return work(job, count)
