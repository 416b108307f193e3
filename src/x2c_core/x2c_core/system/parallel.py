# SPDX-License-Identifier: Apache-2.0
"""Work on several things at once, each in a process of its own, with progress of each."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any, TypeVar

from x2c_core.errors import WorkerError
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

    Where a process dies or cannot be started, its job is done again when the others are done,
    alone. Where this one ends, in whatever way, or wants no more results, so do the others.

    Args:
        work: Function to apply to each job.
        jobs: Arguments, one for each call.
        processes: Number of processes; a single job is done in this process.
        progress: Called now and then.
        crashed: Makes the result of a job whose process died twice.
    """
    if len(jobs) <= 1:
        for index, job in enumerate(jobs):
            yield index, work(job, lambda done, at=index: progress(at, done))  # type: ignore[misc]
        return
    again = []
    for index, future in _together(work, dict(enumerate(jobs)), processes, progress):
        if isinstance(future.exception(), WorkerError):
            again.append(index)
        else:
            yield index, future.result()
    for index in sorted(again):
        [(_, future)] = _together(work, {index: jobs[index]}, 1, progress)
        died = isinstance(future.exception(), WorkerError)
        yield index, crashed(jobs[index]) if died else future.result()


def _together(
    work: Work[J, R], jobs: Mapping[int, J], processes: int, progress: Progress
) -> Iterator[tuple[int, Future[R]]]:
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
            for future in finished:
                yield running.pop(future), future


_counts: Any = None


def _set_counts(counts: Any) -> None:
    global _counts
    _counts = counts


def _counted(work: Work[J, R], index: int, job: J) -> R:
    def count(done: int) -> None:
        _counts[index] = done

    return work(job, count)
