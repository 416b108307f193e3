# SPDX-License-Identifier: Apache-2.0
"""Priority of this process among others."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

_TASKS = Path("/proc/self/task")


def give_way(niceness: int) -> None:
    """Let other processes run first.

    Linux keeps a niceness for each thread: that of threads to come is that of their maker's.

    Args:
        niceness: Niceness of all threads of this process, 0 to 19; one that is higher stays.
    """
    threads = [int(one.name) for one in _TASKS.iterdir()] if _TASKS.is_dir() else [0]
    for thread in threads:
        # It may have ended.
        with suppress(OSError):
            if os.getpriority(os.PRIO_PROCESS, thread) < niceness:
                os.setpriority(os.PRIO_PROCESS, thread, niceness)
