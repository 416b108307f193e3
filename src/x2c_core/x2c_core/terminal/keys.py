# SPDX-License-Identifier: Apache-2.0
"""Single keys of a terminal, without Enter."""

from __future__ import annotations

import os
import select
import signal
import sys
import termios
import time
import tty
from types import TracebackType
from typing import Self


class Keys:
    """Keys pressed in the terminal of standard input, while in a `with` block.

    The terminal is as before afterwards. Ctrl-C and Ctrl-Z keep their meaning. Without a terminal,
    or in the background, there are no keys.
    """

    def __init__(self) -> None:
        self._input = sys.stdin.fileno() if _has_terminal() else -1
        self._before: list[object] | None = None

    @property
    def available(self) -> bool:
        """True if keys can be pressed."""
        return self._input >= 0 and self._in_foreground()

    def __enter__(self) -> Self:
        """Take single keys, which are not shown."""
        if self.available:
            self._before = termios.tcgetattr(self._input)
            tty.setcbreak(self._input, termios.TCSADRAIN)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Set the terminal up as it was."""
        if self._before is None:
            return
        # A process that is in the background by now would be stopped for this.
        handler = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        try:
            termios.tcsetattr(self._input, termios.TCSADRAIN, self._before)  # type: ignore[arg-type]
        finally:
            signal.signal(signal.SIGTTOU, handler)
        self._before = None

    def wait(self, seconds: float) -> str:
        """Return the keys pressed so far, or the next ones within a time [s], or an empty text."""
        if self._before is None or not self._in_foreground():
            time.sleep(seconds)
            return ""
        ready, _, _ = select.select([self._input], [], [], seconds)
        if not ready:
            return ""
        data = os.read(self._input, 64)
        if not data:
            # The terminal is gone: it would be ready for ever.
            self._before = None
        return data.decode(errors="replace")

    def _in_foreground(self) -> bool:
        """Return whether this process may read the terminal; in the background it is stopped."""
        try:
            return os.tcgetpgrp(self._input) == os.getpgrp()
        except OSError:
            return False


def _has_terminal() -> bool:
    try:
        return sys.stdin is not None and sys.stdin.isatty()
    except ValueError:
        # It is closed.
        return False
