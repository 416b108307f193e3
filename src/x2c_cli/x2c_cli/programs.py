# SPDX-License-Identifier: Apache-2.0
"""Programs that a command runs beside itself."""

from __future__ import annotations

import socket
import subprocess


def free_port() -> int:
    """Return a port of this machine that is free for a program to listen on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def end_program(process: subprocess.Popen[bytes], limit: float) -> None:
    """Ask a program to end, and kill it if it does not.

    Args:
        process: The program.
        limit: Time limit for it to end [s].
    """
    process.terminate()
    try:
        process.wait(limit)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
