# SPDX-License-Identifier: Apache-2.0
"""Supervision of a process's threads: one that died or hangs stops the joints and the process."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType

from x2c_node.supervision.error_output import in_words, print_error

LOOK = 0.25
"""Time between two looks at the threads [s]."""

PATIENCE = 10.0
"""Time limit for a process with a fault to end in order before it ends at once [s]."""

REPORTING = 1.0
"""Time limit for the reports of a fault: a log or the middleware may hang [s]."""

EXIT_STATUS = 1
"""Exit status of a process that ends at once."""


class Pulse:
    """Sign of life of one thread, which runs inside of it: `with pulse: ...`.

    An exception that leaves it is a death, and reported as a fault of the process. Without a
    supervisor it counts nothing and lets exceptions through.

    Args:
        name: Name of the thread, for people.
        limit: Longest time between two beats [s].
        supervisor: Supervisor that counts the beats.
    """

    def __init__(
        self,
        name: str = "",
        limit: float = math.inf,
        supervisor: Supervisor | None = None,
    ) -> None:
        self.name = name
        self.limit = limit
        self.beats = 0
        self.running = False
        self._resting = 0
        self._supervisor = supervisor

    @property
    def counts(self) -> bool:
        """True while the next beat is awaited."""
        return self.running and not self._resting

    def beat(self) -> None:
        """Show that the thread is alive."""
        self.beats += 1

    @contextmanager
    def rest(self) -> Iterator[None]:
        """Do something that may take as long as it takes."""
        self._resting += 1
        try:
            yield
        finally:
            self.beats += 1
            self._resting -= 1

    @contextmanager
    def work(self) -> Iterator[None]:
        """Do something that must not take longer than the limit, in the middle of a rest."""
        self.beats += 1
        self._resting -= 1
        try:
            yield
        finally:
            self._resting += 1

    def __enter__(self) -> Pulse:
        """Begin the thread's work."""
        self.beats += 1
        self.running = True
        if self._supervisor is not None:
            self._supervisor.watch(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        """End the thread's work; an exception is reported and goes no further."""
        self.running = False
        if self._supervisor is None:
            return False
        self._supervisor.forget(self)
        if error is None or _is_interrupt(error):
            return False
        self._supervisor.fail(f"thread {self.name} has died: {in_words(error)}", error)
        return True


class Supervisor:
    """The threads of one process and what becomes of it when one of them fails.

    The first fault counts. All nodes halt at once, in the thread that noticed, before the first
    of them reports anything.

    Attributes:
        fault: Description of the failure; empty while there is none.
        over: Whether something has failed, all have halted, and the reports are out or late.
    """

    def __init__(self) -> None:
        self.fault = ""
        self.over = False
        self._lock = threading.Lock()
        self._pulses: list[Pulse] = []
        self._halts: list[Callable[[str], None]] = []
        self._reports: list[Callable[[str], None]] = []
        self._ending = threading.Event()
        self._failed = threading.Event()
        self._thread: threading.Thread | None = None

    def pulse(self, name: str, limit: float = math.inf) -> Pulse:
        """Return the pulse of a thread that is to be watched while it runs.

        Args:
            name: Name of the thread, for people.
            limit: Longest time between two beats [s]; without one, only death counts.
        """
        return Pulse(name, limit, self)

    def watch(self, pulse: Pulse) -> None:
        """Watch the pulse of a thread that begins."""
        with self._lock:
            self._pulses.append(pulse)

    def forget(self, pulse: Pulse) -> None:
        """Forget the pulse of a thread that has ended."""
        with self._lock:
            self._pulses.remove(pulse)

    def on_fault(
        self, halt: Callable[[str], None], report: Callable[[str], None] | None = None
    ) -> None:
        """Have a fault handled.

        Args:
            halt: Stops what moves; takes what has failed, and must not block for long.
            report: Logs and publishes what has failed; it may hang.
        """
        self._halts.append(halt)
        if report is not None:
            self._reports.append(report)

    def fail(self, reason: str, error: BaseException | None = None) -> None:
        """Handle a fault: the first one halts everything, and is reported.

        Args:
            reason: Description of the failure.
            error: Exception to print.
        """
        errors = [] if error is None else [error]
        with self._lock:
            first = not self.fault
            if first:
                self.fault = reason
        try:
            if first:
                self._failed.set()
                errors += _failures(self._halts, reason)
            reports = self._reports if first else []
            _within(REPORTING, lambda: _report(reports, reason, errors))
        finally:
            if first:
                self.over = True

    def start(self) -> None:
        """Watch for threads that hang, and end the process if it does not end with a fault."""
        # Made beforehand: a process may fail since it can have no more threads.
        threading.Thread(target=self._end_process, name="end", daemon=True).start()
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Watch no more."""
        self._ending.set()
        self._failed.set()
        if self._thread is not None:
            self._thread.join()

    def _watch(self) -> None:
        # Looks are counted and not seconds, so that a process that was paused, or a machine that
        # slept, finds no thread hanging.
        still: dict[Pulse, tuple[int, int]] = {}
        while not self._ending.wait(LOOK) and not self.fault:
            with self._lock:
                pulses = list(self._pulses)
            looks = {one: _looks(one, still.get(one)) for one in pulses}
            still = looks
            for pulse, (_, count) in looks.items():
                if count * LOOK > pulse.limit:
                    self.fail(f"thread {pulse.name} has hung for {pulse.limit:g} s")
                    break

    def _end_process(self) -> None:
        self._failed.wait()
        # Nothing that a hanging thread holds can be waited for.
        if not self._ending.wait(PATIENCE):
            os._exit(EXIT_STATUS)


def _is_interrupt(error: BaseException) -> bool:
    """Return whether an exception ends the process, as Ctrl-C does, which no other thread gets."""
    main = threading.current_thread() is threading.main_thread()
    return main and isinstance(error, KeyboardInterrupt)


def _failures(calls: Sequence[Callable[[str], None]], reason: str) -> list[BaseException]:
    """Call all; return what they raise."""
    failures: list[BaseException] = []
    for call in calls:
        try:
            call(reason)
        except BaseException as failure:
            failures.append(failure)
    return failures


def _report(
    reports: Sequence[Callable[[str], None]], reason: str, errors: Sequence[BaseException]
) -> None:
    # Standard error comes last: where nothing reads it, a write may hang.
    for error in (*_failures(reports, reason), *errors):
        print_error(error)


def _within(limit: float, call: Callable[[], None]) -> None:
    """Wait for a call for a limited time [s]."""
    thread = threading.Thread(target=call, daemon=True)
    try:
        thread.start()
    except RuntimeError:
        # No more threads can be had.
        call()
    else:
        thread.join(limit)


def _looks(pulse: Pulse, before: tuple[int, int] | None) -> tuple[int, int]:
    """Return a pulse's beats, and for how many looks they have been the same."""
    if before is None or not pulse.counts or before[0] != pulse.beats:
        return pulse.beats, 0
    return pulse.beats, before[1] + 1
