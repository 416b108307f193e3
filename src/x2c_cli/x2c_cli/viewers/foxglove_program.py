# SPDX-License-Identifier: Apache-2.0
"""Server for Foxglove as a program of its own, beside nodes of this process."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import subprocess
from collections.abc import Iterator, Sequence

from x2c_cli.page.recording import COMMAND
from x2c_node.launcher import LAUNCHER_VARIABLE

_ENDING = 10.0
"""Time limit for the program to end [s]."""


@contextlib.contextmanager
def foxglove_program(port: int, command: Sequence[str] = COMMAND) -> Iterator[None]:
    """Serve Foxglove meanwhile; what keeps the program from it, it says on stderr.

    It is a program of its own, so that no viewer can slow the nodes down.

    Args:
        port: Port of the server.
        command: Words that start the x2c command.

    Raises:
        ModuleNotFoundError: foxglove-sdk is not installed.
    """
    if importlib.util.find_spec("foxglove") is None:
        raise ModuleNotFoundError("No module named 'foxglove'", name="foxglove")
    process = subprocess.Popen(
        [*command, "foxglove", "--port", str(port)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env={**os.environ, LAUNCHER_VARIABLE: str(os.getpid())},
        # Ctrl-C in the terminal ends the nodes first, then this.
        process_group=0,
    )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(_ENDING)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
