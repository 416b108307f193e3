# SPDX-License-Identifier: Apache-2.0
"""Short turns of Python's lock for threads that work on one recording."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

TURN = 0.0005
"""For how long a thread may keep Python's lock while others wait for it [s]."""


@contextmanager
def short_turns() -> Iterator[None]:
    """Have threads of Python take shorter turns than its 5 ms while entered.

    For the whole process: where several evaluate at a time in threads, the last to end decides.
    The tracker asks for Python's lock several times an image, which takes less than that.
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(TURN)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
