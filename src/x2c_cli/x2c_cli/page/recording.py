# SPDX-License-Identifier: Apache-2.0
"""Recording that a button of the page begins and ends: `x2c record` as a program of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import Any

from x2c_bringup.errors import PageError

_ENDING = 20.0
"""Time limit for the recorder to finish its bag [s]."""


class Recording:
    """One recording at a time; a thread waits for its end.

    Args:
        command: Words that start the x2c command.
        changed: Called with what the page shows of it.
    """

    def __init__(self, command: Sequence[str], changed: Any) -> None:
        self._command = tuple(command)
        self._changed = changed
        self._process: subprocess.Popen[str] | None = None
        self._waiter: threading.Thread | None = None
        changed({"on": False, "text": ""})

    def start(self, folder: str, *words: str) -> None:
        """Begin to record.

        Args:
            folder: New folder.
            words: More arguments of `x2c record`.

        Raises:
            PageError: A recording runs already.
        """
        if self.runs:
            raise PageError("a recording runs already")
        self._process = subprocess.Popen(
            [*self._command, "record", "--out", folder, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        self._changed({"on": True, "text": f"recording to {folder}"})
        self._waiter = threading.Thread(
            target=self._wait, args=(self._process, folder), name="recording"
        )
        self._waiter.start()

    @property
    def runs(self) -> bool:
        """True while something is recorded."""
        return self._process is not None and self._process.poll() is None

    def end(self) -> None:
        """Ask the recorder to end; it finishes its bag."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)

    def close(self) -> None:
        """End, and wait until the bag is finished."""
        self.end()
        if self._waiter is not None:
            self._waiter.join(_ENDING)
        if self._process is not None and self._process.poll() is None:
            self._process.kill()

    def _wait(self, process: subprocess.Popen[str], folder: str) -> None:
        _, errors = process.communicate()
        text = f"recorded: {folder}"
        if process.returncode:
            last = errors.strip().splitlines()[-1:] or ["without a reason"]
            text = f"recording {folder}: {last[0][:300]}"
        self._changed({"on": False, "text": text})


COMMAND = (sys.executable, "-P", "-m", "x2c_cli.cli")
"""Words that start the x2c command of this environment."""
