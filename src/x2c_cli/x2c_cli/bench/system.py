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
        memory: Resident memory of its own, libraries included [MB].
        shared: Resident memory that it shares with other processes [MB]. The middleware passes
            messages there; a page counts from when it is first touched.
        threads: Number of threads.
        files: Number of open files, sockets and pipes.
    """

    memory: float
    shared: float
    threads: int
    files: int


def peak_memory(process: int) -> float:
    """Return the most memory a process has had [MB]."""
    for line in (_PROCESSES / str(process) / "status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return _megabytes(line.split(":")[1])
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
        memory=_megabytes(fields["RssAnon"]) + _megabytes(fields["RssFile"]),
        shared=_megabytes(fields["RssShmem"]),
        threads=int(fields["Threads"]),
        files=len(os.listdir(folder / "fd")),
    )


def _megabytes(field: str) -> float:
    """Return what a field in kilobytes says, as `  9216 kB`."""
    return int(field.split()[0]) / 1024.0
