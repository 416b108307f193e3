# SPDX-License-Identifier: Apache-2.0
"""The viewer of Rerun as a program that only this machine can reach."""

from __future__ import annotations

import contextlib
import importlib.util
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from x2c_cli.errors import ViewerError
from x2c_core.ports import free_port

_MEMORY = "1GB"
"""Memory of the viewer; it forgets the oldest data first."""

_LATENCY = "1s"
"""Age of data that the viewer drops, if it cannot keep up."""

_STARTING = 30.0
"""Time limit for it to start [s]."""

_LOOK = 0.1


class RerunViewer:
    """Viewer of this environment, while in a `with` block.

    By itself it would listen to all networks.

    Args:
        program: Words that start it; by default those of rerun-sdk.

    Attributes:
        address: Address on which it takes recordings, HOST:PORT.
    """

    def __init__(self, program: tuple[str, ...] = ()) -> None:
        self._port = free_port()
        self.address = f"127.0.0.1:{self._port}"
        self._words = [
            *(program or (_program(),)),
            *("--bind", "127.0.0.1", "--port", str(self._port)),
            *("--memory-limit", _MEMORY, "--drop-at-latency", _LATENCY),
            *("--hide-welcome-screen", "--expect-data-soon"),
        ]

    def __enter__(self) -> Self:
        """Start it, and wait until it listens.

        Raises:
            ViewerError: It does not start, as without a display.
        """
        self._process = subprocess.Popen(
            self._words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, process_group=0
        )
        limit = time.monotonic() + _STARTING
        while time.monotonic() < limit and self.running:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self._port), _STARTING).close()
                return self
            time.sleep(_LOOK)
        self._end()
        raise ViewerError(
            "the viewer of Rerun does not start; it needs a display. Without one, give "
            "--out FILE.rrd, or --connect HOST:PORT for a viewer elsewhere"
        )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End it."""
        self._end()

    @property
    def running(self) -> bool:
        """True until its window is closed."""
        return self._process.poll() is None

    def _end(self) -> None:
        # Not asked politely: one that is stopped would keep what waits for it waiting.
        self._process.kill()
        self._process.wait()


def _program() -> str:
    """Return the path of the viewer; started by way of Python it would outlive a signal."""
    found = importlib.util.find_spec("rerun_cli")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("No module named 'rerun_cli'", name="rerun_cli")
    return str(Path(found.origin).with_name("rerun"))
