# SPDX-License-Identifier: Apache-2.0
"""Programs that run beside this one."""

from __future__ import annotations

import subprocess


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
