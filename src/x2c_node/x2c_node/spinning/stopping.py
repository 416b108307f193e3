# SPDX-License-Identifier: Apache-2.0
"""End of a process: requests by signals, and the end of the process that started it."""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import FrameType

from x2c_node.launcher import LAUNCHER_VARIABLE

INTERRUPTED = 130
"""Exit status of a process that did not end in order, since it was asked three times."""

TOGETHER = 1.0
"""Signals that come within this time of one that counts are the same one [s]."""

BRAKING = 1.0
"""Time for joints to brake when the process ends at once [s]."""

_LONGEST_HURRY = 2.0
"""After so long a process that ends at once is killed [s]."""

_AT_ONCE = 3


class SignalRule:
    """Requests to end that the process received as signals.

    The first one asks for an orderly end, and the third one for an end at once. Signals within
    `TOGETHER` of one that counts are the same one: a script that interrupts its process group
    and a launch that passes the interrupt on reach a node twice. The SIGTERM with which a launch
    or a service manager follows up a SIGINT never hurries the end.

    Args:
        clock: Returns the time [s].
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._count = 0
        self._last = 0.0
        self._terminated = False

    @property
    def wanted(self) -> bool:
        """True when the process must end."""
        return self._count > 0

    @property
    def repeated(self) -> bool:
        """True when the end was requested more than once."""
        return self._count > 1

    @property
    def hurried(self) -> bool:
        """True when the process must end at once."""
        return self._count >= _AT_ONCE

    def take(self, number: int) -> bool:
        """Take a signal; returns whether it counts."""
        now = self._clock()
        if self._count and now - self._last < TOGETHER:
            return False
        followed_up = number == signal.SIGTERM and not self._terminated
        self._terminated |= number == signal.SIGTERM
        if followed_up and self._count == _AT_ONCE - 1:
            return False
        self._count += 1
        self._last = now
        return True


class Launcher:
    """The process that started this one, where that one is to end it.

    A launch that crashes or is killed takes no node with it, so nodes look for its end.

    Args:
        process: Id of the process.
    """

    def __init__(self, process: int) -> None:
        self._process = process
        self._ended: select.poll | None = None
        try:
            handle = os.pidfd_open(process)
        except OSError:
            # It has ended already, or this system has no such handles.
            return
        self._ended = select.poll()
        self._ended.register(handle, select.POLLIN)

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Launcher | None:
        """Return what an environment names, if it does."""
        text = environment.get(LAUNCHER_VARIABLE, "")
        return cls(int(text)) if text.isdecimal() else None

    @property
    def gone(self) -> bool:
        """True when it has ended."""
        if self._ended is not None:
            return bool(self._ended.poll(0))
        try:
            os.kill(self._process, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        return False


class StopRequest:
    """True when this process must end, by signals or since its launch has ended.

    Args:
        launcher: Process whose end ends this one.
    """

    def __init__(self, launcher: Launcher | None = None) -> None:
        self._rule = SignalRule()
        self._launcher = launcher
        self._orphaned = False
        self._repeated: Callable[[], None] = lambda: None

    @property
    def wanted(self) -> bool:
        """True when the process must end."""
        if not self._rule.wanted and self._launcher is not None and self._launcher.gone:
            if not self._orphaned:
                _say("the launch that started this process has ended: it ends too")
            self._orphaned = True
        return self._rule.wanted or self._orphaned

    @property
    def hurried(self) -> bool:
        """True when the process must end at once."""
        return self._rule.hurried

    def when_hurried(self, call: Callable[[], None]) -> None:
        """Call something, in a signal handler, when the process is to end at once."""
        self.when_repeated(lambda: call() if self.hurried else None)

    def when_repeated(self, call: Callable[[], None]) -> None:
        """Call something, in a signal handler, whenever the process is asked to end again."""
        self._repeated = call

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal."""
        if not self._rule.take(number) or not self._rule.repeated:
            return
        if self.hurried:
            _say("ending at once")
            # The system kills what hangs; no exception is thrown into code that may brake.
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_REAL, _LONGEST_HURRY)
        else:
            _say("already ending in order; one more signal ends it at once")
        self._repeated()


@contextmanager
def stop_on_signals(*, last: bool = False) -> Iterator[StopRequest]:
    """Take SIGINT, SIGTERM and SIGHUP as a wish to stop, so that nodes can end in order.

    Args:
        last: Whether the process ends right after: then it ignores these signals from there on,
            since a repeated one would still change its exit status.

    Raises:
        KeyboardInterrupt: At the end, if the process is to end at once.
    """
    request = StopRequest(Launcher.of(os.environ))
    numbers = [signal.SIGINT, signal.SIGTERM]
    # `nohup` asks for a process that outlives its terminal.
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    before = [(number, signal.signal(number, request)) for number in numbers]
    try:
        yield request
    finally:
        if request.hurried:
            signal.setitimer(signal.ITIMER_REAL, 0.0)
        for number, handler in before:
            signal.signal(number, signal.SIG_IGN if last else handler)
    if request.hurried:
        raise KeyboardInterrupt


def _say(text: str) -> None:
    # A handler may have interrupted a write of the same stream, and a launch that has ended reads
    # no more.
    with suppress(OSError):
        os.write(2, f"{text}\n".encode())
