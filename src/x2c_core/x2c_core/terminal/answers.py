# SPDX-License-Identifier: Apache-2.0
"""Answers of a user: lines from a file, a pipe or a keyboard, and keys from a keyboard."""

from __future__ import annotations

import os
import re
import select
import sys
import termios
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from concurrent import futures
from contextlib import contextmanager
from typing import TextIO

from rich.cells import cell_len

LOOK = 0.02
"""Time between two calls of a watcher while an answer is awaited [s]."""

LONGEST = 4096
"""Longest line [byte]; the rest is dropped."""

_SEQUENCE = re.compile(rb"\x1b(\[[0-?]*[ -/]*[@-~]|O[ -~]|[^\[O\x1b])")
_CONTINUED = re.compile(rb"[\x80-\xbf]*")
_LAST_WORD = re.compile(r"\S*\s*$")
_PATIENCE = 0.05
"""Time limit for the rest of a character or of a key's escape sequence [s]."""

_NO_KEYS: Mapping[bytes, str] = {}
_ENTER = b"\r\n"
_ENDS = (b"\x04", b"\x00")
"""Ctrl-D; typed before it was asked for, the terminal makes the other of it."""
_ERASE, _ERASE_WORD, _ERASE_LINE = b"\x7f\x08", b"\x17", b"\x15"

Watcher = Callable[[], None]


class Answers(ABC):
    """A source of answers.

    Attributes:
        keyboard: Whether the user sees what is typed without it being printed.
    """

    keyboard = False

    @abstractmethod
    def read(
        self, watch: Watcher | None = None, keys: Mapping[bytes, str] = _NO_KEYS
    ) -> str | None:
        """Return the next line without its end; None where the input has ended.

        Args:
            watch: Called every `LOOK` seconds while the answer is awaited.
            keys: Answers that escape sequences of keys stand for, at the begin of a line.
        """


def standard_answers(echo: Callable[[str], None]) -> Answers:
    """Return the answers on standard input, whatever that is.

    Args:
        echo: Prints what is typed on a keyboard.
    """
    stream = sys.stdin
    if stream is None:
        return _Lines(-1)
    try:
        number = stream.fileno()
    except (AttributeError, OSError):
        return _Stream(stream)
    return _Keyboard(number, echo) if os.isatty(number) else _Lines(number)


class _Stream(Answers):
    """Lines of an object that is no file of the system."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def read(
        self, watch: Watcher | None = None, keys: Mapping[bytes, str] = _NO_KEYS
    ) -> str | None:
        if watch is None:
            return self._stream.readline() or None
        with futures.ThreadPoolExecutor(1) as pool:
            line = pool.submit(self._stream.readline)
            while not futures.wait([line], LOOK).done:
                watch()
            return line.result() or None


class _Lines(Answers):
    """Lines of a file or a pipe."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._pending = bytearray()
        self._ended = number < 0

    def read(
        self, watch: Watcher | None = None, keys: Mapping[bytes, str] = _NO_KEYS
    ) -> str | None:
        while (end := self._pending.find(b"\n")) < 0 and not self._ended:
            del self._pending[LONGEST:]
            self._wait(watch)
        if end < 0:
            # The last line of a file may lack its end.
            end = len(self._pending)
            if not end:
                return None
        line = bytes(self._pending[: min(end, LONGEST)])
        del self._pending[: end + 1]
        return line.decode(errors="replace")

    def _wait(self, watch: Watcher | None) -> None:
        while not self._readable(None if watch is None else LOOK):
            if watch is not None:
                watch()
        self._fill()

    def _readable(self, limit: float | None) -> bool:
        return bool(select.select([self._number], [], [], limit)[0])

    def _fill(self) -> None:
        try:
            data = os.read(self._number, LONGEST)
        except OSError:
            # The terminal or the other end of the pipe has gone.
            data = b""
        self._ended = not data
        self._pending += data


class _Keyboard(_Lines):
    """Lines and keys of a terminal; how lines are cut does not depend on how fast they come."""

    keyboard = True

    def __init__(self, number: int, echo: Callable[[str], None]) -> None:
        super().__init__(number)
        self._echo = echo

    def read(
        self, watch: Watcher | None = None, keys: Mapping[bytes, str] = _NO_KEYS
    ) -> str | None:
        line = ""
        try:
            with _single_keys(self._number):
                self._drop_repeats()
                while True:
                    if not self._pending:
                        if self._ended:
                            return line or None
                        self._wait(watch)
                        continue
                    key = self._take()
                    if not line and key in keys:
                        self._echo(f"{keys[key]}\n")
                        return keys[key]
                    if key in (b"\r", b"\n"):
                        self._echo("\n")
                        return line
                    if key in _ENDS and not line:
                        self._echo("\n")
                        return None
                    line = self._edit(line, key)
        except termios.error:
            # The terminal has gone.
            self._ended = True
            return None

    def _take(self) -> bytes:
        """Take a key from the front of what has come in: a character, or an escape sequence."""
        if self._pending[0] == 0x1B:
            while not (sequence := _SEQUENCE.match(self._pending)):
                if self._ended or not self._readable(_PATIENCE):
                    # The Escape key itself.
                    return self._cut(1)
                self._fill()
            return self._cut(sequence.end())
        if self._pending[:2] == _ENTER:
            return self._cut(2)[:1]
        size = _character_size(self._pending[0])
        while len(self._pending) < size and not self._ended and self._readable(_PATIENCE):
            self._fill()
        whole = _CONTINUED.match(self._pending, 1)
        return self._cut(size if whole and len(whole[0]) >= size - 1 else 1)

    def _cut(self, size: int) -> bytes:
        key = bytes(self._pending[:size])
        del self._pending[:size]
        return key

    def _edit(self, line: str, key: bytes) -> str:
        if key in (_ERASE[:1], _ERASE[1:]):
            kept = line[:-1]
        elif key == _ERASE_WORD:
            kept = _LAST_WORD.sub("", line)
        elif key == _ERASE_LINE:
            kept = ""
        else:
            text = key.decode(errors="replace").replace("\t", " ")
            if not text.isprintable() or len(line) >= LONGEST:
                return line
            self._echo(text)
            return line + text
        gone = cell_len(line[len(kept) :])
        self._echo("\b" * gone + " " * gone + "\b" * gone)
        return kept

    def _drop_repeats(self) -> None:
        """Drop keys that were held down while a motor moved, but not what was pasted or typed."""
        if not self._ended and self._readable(0.0):
            before = len(self._pending)
            self._fill()
            self._pending[before:] = _SEQUENCE.sub(b"", bytes(self._pending[before:]))


def _character_size(first: int) -> int:
    """Return how many bytes a character with this first byte has (UTF-8)."""
    return 4 if first >= 0xF0 else 3 if first >= 0xE0 else 2 if first >= 0xC0 else 1


@contextmanager
def _single_keys(number: int) -> Iterator[None]:
    """Let keys through one by one, without echo; Ctrl-C stays Ctrl-C, and nothing is lost."""
    before = termios.tcgetattr(number)
    mode = termios.tcgetattr(number)
    # An Enter of "\r\n" is one: carriage returns are not to become newlines.
    mode[0] &= ~termios.ICRNL
    mode[3] &= ~(termios.ECHO | termios.ICANON)
    mode[6][termios.VMIN], mode[6][termios.VTIME] = 1, 0
    termios.tcsetattr(number, termios.TCSADRAIN, mode)
    try:
        yield
    finally:
        termios.tcsetattr(number, termios.TCSADRAIN, before)
