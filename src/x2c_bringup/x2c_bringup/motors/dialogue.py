# SPDX-License-Identifier: Apache-2.0
"""Talks with the owner: questions answered by lines, and keys where there is a keyboard."""

from __future__ import annotations

import os
import sys
import termios
import tty
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console

_ARROWS: Mapping[bytes, str] = {
    b"\x1b[A": "+5",
    b"\x1b[B": "-5",
    b"\x1b[C": "+1",
    b"\x1b[D": "-1",
}
"""What the arrow keys stand for: steps in degrees."""


class Quit(Exception):  # noqa: N818 - the user's wish, no error
    """The owner wants to stop, or there is nobody to answer."""


class Dialogue:
    """Questions and answers.

    From a keyboard, `command` takes arrow keys at once and anything else as a line; where input
    comes from a file or a pipe, every answer is a line.

    Args:
        console: To talk to.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self._keyboard = sys.stdin.isatty()

    def say(self, text: str) -> None:
        """Tell something."""
        self.console.print(text, highlight=False, soft_wrap=True)

    def ask(self, question: str) -> str:
        """Return the answer to a question.

        Raises:
            Quit: The answer is q or quit, or input has ended.
        """
        self.console.print(f"[bold]{question}[/bold]", end=" ", highlight=False, soft_wrap=True)
        line = sys.stdin.readline()
        if not self._keyboard:
            # What a script answers is read along with what was asked.
            self.console.print(line.rstrip("\n"), markup=False, highlight=False)
        if not line or line.strip() in ("q", "quit"):
            raise Quit
        return line.strip()

    def command(self, prompt: str) -> str:
        """Return a command: a key that stands for one, or a line.

        Raises:
            Quit: It is q or quit, or input has ended.
        """
        if not self._keyboard:
            return self.ask(prompt)
        self.console.print(f"\r[bold]{prompt}[/bold] ", end="", highlight=False, soft_wrap=True)
        with _keys() as number:
            key = os.read(number, 8)
        if key in _ARROWS:
            self.console.print(_ARROWS[key], end="  ", highlight=False)
            return _ARROWS[key]
        if key in (b"\n", b"\r"):
            self.console.print()
            return ""
        if key in (b"", b"\x04"):
            raise Quit
        text = key.decode(errors="replace")
        print(text, end="", flush=True)
        line = (text + sys.stdin.readline()).strip()
        if line in ("q", "quit"):
            raise Quit
        return line


@contextmanager
def _keys() -> Iterator[int]:
    """Let single keys through, without echo; Ctrl-C stays Ctrl-C."""
    number = sys.stdin.fileno()
    before = termios.tcgetattr(number)
    tty.setcbreak(number)
    try:
        yield number
    finally:
        termios.tcsetattr(number, termios.TCSADRAIN, before)
