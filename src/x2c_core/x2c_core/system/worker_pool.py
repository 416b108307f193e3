# SPDX-License-Identifier: Apache-2.0
"""Pool of processes that end with the process that started them.

Each has a pipe of its own: one that dies, even amid a result, costs its own job alone. Those of
`concurrent.futures` share a pipe. Half a result in it stops all of them for ever, and so may a
process that dies while jobs are still submitted.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from typing import Any, ParamSpec, TypeVar

from x2c_core.errors import WorkerError

P = ParamSpec("P")
R = TypeVar("R")

_ENDING = 10.0
"""Time in which a process that has nothing left to do ends by itself [s]."""


@contextmanager
def worker_pool(
    processes: int,
    start: Callable[..., object] | None = None,
    arguments: tuple[Any, ...] = (),
    *,
    hurry: bool = False,
) -> Iterator[WorkerPool]:
    """Provide a pool of processes that ignore Ctrl-C and end with this one, however it ends.

    They are spawned: neither OpenGL nor a running ONNX Runtime survives a fork. When the block is
    left by an exception, no waiting job is started.

    Args:
        processes: Number of processes, at least 1.
        start: Function of a module that each process calls first; jobs fail with what it raises.
        arguments: Arguments of `start`.
        hurry: Whether to end running jobs at once when the block is left by an exception;
            otherwise they are completed.
    """
    pool = WorkerPool(processes, start, arguments)
    try:
        yield pool
    except BaseException:
        pool.cancel(kill=hurry)
        raise
    finally:
        pool.close()


class WorkerPool:
    """Processes with one job each at a time; see `worker_pool`.

    Args:
        processes: Number of processes, at least 1; each starts with its first job.
        start: Function of a module that each process calls first.
        arguments: Arguments of `start`.
    """

    def __init__(
        self, processes: int, start: Callable[..., object] | None, arguments: tuple[Any, ...]
    ) -> None:
        # One waits for each process.
        self._threads = ThreadPoolExecutor(processes)
        self._beginning = (start, arguments)
        # Held while a process starts, never while one works.
        self._lock = threading.Lock()
        self._workers: set[_Worker] = set()
        self._idle: list[_Worker] = []
        self._killed = False

    def submit(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Have a process call a function of a module, and return the future result.

        The future fails with WorkerError where the process dies, or none can be started.
        """
        return self._threads.submit(self._call, work, args, kwargs)

    def cancel(self, *, kill: bool) -> None:
        """Start no waiting job, and kill the processes of running ones or let them go on."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        if kill:
            with self._lock:
                self._killed = True
                for worker in self._workers:
                    worker.kill()

    def close(self) -> None:
        """Wait for the jobs and end the processes."""
        self._threads.shutdown()
        for worker in self._workers:
            worker.dismiss()
        for worker in self._workers:
            worker.wait()

    def _call(self, work: Callable[..., R], args: Any, kwargs: Any) -> R:
        worker = self._take()
        try:
            done, outcome = worker.call((work, args, kwargs))
        finally:
            with self._lock:
                if worker.is_usable:
                    self._idle.append(worker)
                else:
                    self._workers.discard(worker)
        if not done:
            raise outcome
        result: R = outcome
        return result

    def _take(self) -> _Worker:
        with self._lock:
            if self._killed:
                raise WorkerError("the processes have been killed")
            if self._idle:
                return self._idle.pop()
            worker = _Worker(*self._beginning)
            self._workers.add(worker)
            return worker


class _Worker:
    """A process and the near end of its pipe.

    Raises:
        WorkerError: It cannot be started.
    """

    def __init__(self, start: Callable[..., object] | None, arguments: tuple[Any, ...]) -> None:
        self.is_usable = True
        context = multiprocessing.get_context("spawn")
        self._pipe, far_end = context.Pipe()
        self._process = context.Process(target=_serve, args=(far_end, start, arguments))
        try:
            self._process.start()
        except OSError as error:
            self._pipe.close()
            raise WorkerError(
                f"no process can be started: {error}; close other programs or use fewer processes"
            ) from error
        finally:
            # With the process ends the last holder of the far end, and so every wait for it.
            far_end.close()

    def call(self, job: tuple[Callable[..., Any], Any, Any]) -> tuple[bool, Any]:
        """Return whether a job was done, and its result or error.

        Raises:
            WorkerError: The process died.
        """
        try:
            self._pipe.send(job)
            outcome: tuple[bool, Any] = self._pipe.recv()
        except (EOFError, OSError) as error:
            self.is_usable = False
            self.dismiss()
            self.wait()
            raise WorkerError(
                f"a process ended in the midst of its work ({_ending(self._process.exitcode)}); "
                "is the memory used up?"
            ) from error
        return outcome

    def kill(self) -> None:
        """End the process at once, even if it is stopped."""
        self._process.kill()

    def dismiss(self) -> None:
        """Let the process end when it has nothing to do."""
        self._pipe.close()

    def wait(self) -> None:
        """Wait until the process has ended; one that does not is killed."""
        self._process.join(_ENDING)
        self._process.kill()
        self._process.join()


def _ending(status: int | None) -> str:
    if status is not None and status < 0:
        return signal.strsignal(-status) or f"signal {-status}"
    return f"exit status {status}"


def _serve(
    pipe: Connection, start: Callable[..., object] | None, arguments: tuple[Any, ...]
) -> None:
    # Ctrl-C reaches every process of a terminal; the one that started these decides what to do.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    begun, refusal = (True, None) if start is None else _outcome(start, arguments, {})
    while True:
        try:
            job = pipe.recv_bytes()
        except (EOFError, OSError):
            return
        outcome = _outcome(_work, (job,), {}) if begun else (False, refusal)
        try:
            pipe.send(outcome)
        except OSError:
            return
        except Exception as error:
            # It cannot be pickled.
            pipe.send((False, error))


def _work(job: bytes) -> Any:
    work, args, kwargs = ForkingPickler.loads(job)
    return work(*args, **kwargs)


def _outcome(
    work: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[bool, Any]:
    """Return whether a function returned, and its result or error."""
    try:
        return True, work(*args, **kwargs)
    except BaseException as error:
        error.add_note("".join(traceback.format_exception(error)))
        return False, error


def _end_with_parent() -> None:
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)
