# SPDX-License-Identifier: Apache-2.0
"""Show one changing line while other output goes on above it."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.text import Text

_PERIOD = 5.0
"""Time between two lines where the output is no terminal [s]."""


class LiveLine:
    """Line that is overwritten in a terminal, and printed now and then elsewhere.

    Args:
        console: Console to print to.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._printed = time.monotonic()
        self._live = (
            Live(console=console, refresh_per_second=8, transient=True)
            if console.is_terminal
            else None
        )

    def __enter__(self) -> LiveLine:
        """Begin."""
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *error: object) -> None:
        """End, leaving no line behind."""
        if self._live is not None:
            self._live.stop()

    @property
    def width(self) -> int:
        """Number of columns for the text; 0 for any number, where the output is no terminal."""
        return self._console.width if self._live is not None else 0

    def show(self, text: str) -> None:
        """Show another text."""
        if self._live is not None:
            self._live.update(Text(text, no_wrap=True, overflow="ellipsis"))
        elif time.monotonic() - self._printed > _PERIOD:
            self._printed = time.monotonic()
            self._console.print(text, highlight=False, soft_wrap=True)


@contextmanager
def errors_above(console: Console) -> Iterator[None]:
    """Keep text on standard error, from any writer, above a live line.

    Nodes and libraries write to the file descriptor itself, which would tear the line apart.
    """
    if not (console.is_terminal and sys.stderr.isatty()):
        yield
        return
    sys.stderr.flush()
    terminal = os.dup(2)
    reading, writing = os.pipe()
    os.dup2(writing, 2)
    os.close(writing)

    def pass_on() -> None:
        with os.fdopen(reading, errors="replace") as lines:
            for line in lines:
                console.print(Text.from_ansi(line.rstrip()), highlight=False)

    thread = threading.Thread(target=pass_on, name="errors", daemon=True)
    thread.start()
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(terminal, 2)
        os.close(terminal)
        thread.join(timeout=1.0)
