# SPDX-License-Identifier: Apache-2.0
"""Use of a process according to Linux: memory, processor time, libraries."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_PROCESSES = Path("/proc")


@dataclass(frozen=True)
class Usage:
    """Use of a process at one moment.

    Attributes:
        memory: Resident memory [MB].
        threads: Number of threads.
        files: Number of open files, sockets and pipes.
    """

    memory: float
    threads: int
    files: int


def peak_memory(process: int) -> float:
    """Return the most memory a process has had [MB]."""
    for line in (_PROCESSES / str(process) / "status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024.0
    return float("nan")


def processor_time(process: int) -> float:
    """Return the processor time that a process has used [s]."""
    # The name of the program, in brackets, may hold anything.
    fields = (_PROCESSES / str(process) / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def has_loaded(process: int, library: str) -> bool:
    """Return whether a process has loaded a Python package with libraries of its own."""
    return f"/{library}/" in (_PROCESSES / str(process) / "maps").read_text()


def usage(process: int) -> Usage:
    """Return what a process uses now.

    Raises:
        OSError: The process has ended.
    """
    folder = _PROCESSES / str(process)
    fields = dict(
        line.split(":", 1) for line in (folder / "status").read_text().splitlines() if ":" in line
    )
    return Usage(
        memory=int(fields["VmRSS"].split()[0]) / 1024.0,
        threads=int(fields["Threads"]),
        files=len(os.listdir(folder / "fd")),
    )
