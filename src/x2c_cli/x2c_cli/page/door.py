# SPDX-License-Identifier: Apache-2.0
"""Port of the page, whose program starts when the first browser comes."""

from __future__ import annotations

import os
import select
import subprocess
import threading
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from x2c_bringup.page.access import ENVIRONMENT, Access
from x2c_bringup.page.listening import address_of, listen
from x2c_cli.page.recording import COMMAND
from x2c_node.launcher import LAUNCHER_VARIABLE

_ENDING = 30.0
"""Time limit for the page's program to end, which finishes a recording first [s]."""

_AGAIN = 2.0
"""Shortest time between two starts [s]."""


class PageDoor:
    """Listening port, while in a `with` block; without a browser it costs nothing.

    The page is a program of its own, so that no browser can slow the nodes down. Where it ends,
    the next browser starts it again.

    Args:
        words: Arguments of `x2c page`.
        port: Port; None for the usual one, or a free one.
        command: Words that start the x2c command.

    Raises:
        PageError: The port cannot be had.

    Attributes:
        url: Address of the page.
    """

    def __init__(
        self, words: Sequence[str], port: int | None, command: Sequence[str] = COMMAND
    ) -> None:
        access = Access()
        self._token = access.token
        self._listening = listen(access, port)
        self.url = address_of(self._listening, access)
        self._words = [
            *(*command, "page", "--socket", str(self._listening.fileno())),
            *words,
        ]
        self._process: subprocess.Popen[bytes] | None = None
        self._waking, self._wake = os.pipe()
        self._thread = threading.Thread(target=self._watch, name="page door")

    def __enter__(self) -> Self:
        """Wait for browsers."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the page."""
        os.close(self._wake)
        if self._process is not None:
            # Its recording, if one runs, is finished first.
            self._process.terminate()
        self._thread.join(_ENDING)
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._thread.join(_ENDING)
        os.close(self._waking)
        self._listening.close()

    def _watch(self) -> None:
        while not self._ended(None):
            started = time.monotonic()
            self._process = self._start()
            if self._ended(0.0, door=False):
                self._process.terminate()
            self._process.wait()
            if self._ended(max(0.0, _AGAIN - (time.monotonic() - started)), door=False):
                return

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._words,
            stdin=subprocess.DEVNULL,
            pass_fds=[self._listening.fileno()],
            env={
                **os.environ,
                LAUNCHER_VARIABLE: str(os.getpid()),
                ENVIRONMENT: self._token,
            },
            # Ctrl-C in the terminal ends the nodes first, then this.
            process_group=0,
        )

    def _ended(self, timeout: float | None, *, door: bool = True) -> bool:
        """Wait for a browser, the end, or a time [s]; return whether this is the end."""
        watched = [self._waking, self._listening.fileno()] if door else [self._waking]
        ready, _, _ = select.select(watched, [], [], timeout)
        return self._waking in ready
