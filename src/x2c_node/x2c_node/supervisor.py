# SPDX-License-Identifier: Apache-2.0
"""Supervision of a process's threads: one that died or hangs stops the joints and the process."""

from __future__ import annotations

import math
import os
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType

LOOK = 0.25
"""Time between two looks at the threads [s]."""

PATIENCE = 10.0
"""How long a process with a fault may take to end in order before it ends at once [s]."""

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
        """Whether the next beat is waited for now."""
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
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        """End the thread's work; an exception is reported and goes no further."""
        self.running = False
        if error is None or self._supervisor is None or isinstance(error, KeyboardInterrupt):
            return False
        traceback.print_exception(error)
        said = f": {error}" if str(error) else ""
        self._supervisor.fail(f"thread {self.name} has died: {type(error).__name__}{said}")
        return True


class Supervisor:
    """The threads of one process and what becomes of it when one of them fails.

    The first fault counts: every listener hears of it, at once and from the thread that noticed.

    Attributes:
        fault: What has failed; empty while nothing has.
        over: Whether something has failed and all listeners have heard of it.
    """

    def __init__(self) -> None:
        self.fault = ""
        self.over = False
        self._lock = threading.Lock()
        self._pulses: list[Pulse] = []
        self._listeners: list[Callable[[str], None]] = []
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def pulse(self, name: str, limit: float = math.inf) -> Pulse:
        """Return the pulse of a thread that is to be watched.

        Args:
            name: Name of the thread, for people.
            limit: Longest time between two beats [s]; without one, only death counts.
        """
        pulse = Pulse(name, limit, self)
        with self._lock:
            # Those of ended threads are forgotten: nodes are activated again and again.
            self._pulses = [one for one in self._pulses if one.running or not one.beats]
            self._pulses.append(pulse)
        return pulse

    def on_fault(self, listener: Callable[[str], None]) -> None:
        """Have a listener called with what has failed; it must not block for long."""
        self._listeners.append(listener)

    def fail(self, reason: str) -> None:
        """Report a fault; the first one is told to all listeners."""
        with self._lock:
            if self.fault:
                return
            self.fault = reason
        if self._thread is not None:
            # Nothing that a hanging thread holds can be waited for.
            threading.Thread(target=self._end_process, name="end", daemon=True).start()
        for listener in self._listeners:
            try:
                listener(reason)
            except Exception:
                traceback.print_exc()
        self.over = True

    def start(self) -> None:
        """Watch for threads that hang, and end the process if it does not end with a fault."""
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Watch no more."""
        self._ending.set()
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
        if not self._ending.wait(PATIENCE):
            os._exit(EXIT_STATUS)


def _looks(pulse: Pulse, before: tuple[int, int] | None) -> tuple[int, int]:
    """Return a pulse's beats, and for how many looks they have been the same."""
    if before is None or not pulse.counts or before[0] != pulse.beats:
        return pulse.beats, 0
    return pulse.beats, before[1] + 1
