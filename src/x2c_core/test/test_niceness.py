# SPDX-License-Identifier: Apache-2.0
"""Priority of a process."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PROGRAM = """
import os, threading
from x2c_core.system.niceness import give_way
ended = threading.Event()
other = threading.Thread(target=ended.wait)
other.start()
give_way(7)
give_way(3)
print([os.getpriority(os.PRIO_PROCESS, one) for one in (0, other.native_id)])
ended.set()
"""


@pytest.mark.process
def test_all_threads_give_way_and_none_is_raised_again() -> None:
    # In a process of its own, which stays as it is.
    said = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=60.0
    ).stdout
    before = max(7, os.getpriority(os.PRIO_PROCESS, 0))
    assert said.strip() == str([before, before])
