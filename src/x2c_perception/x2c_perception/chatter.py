# SPDX-License-Identifier: Apache-2.0
"""Keeps the chatter of a C++ library off the terminal, and nothing else."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

_STDERR = 2


@contextmanager
def without_chatter(chatter: re.Pattern[str]) -> Iterator[None]:
    """Hold back what is written to the process's stderr, then pass on all lines but the chatter.

    Args:
        chatter: Lines in which it is found are dropped.
    """
    sys.stderr.flush()
    # A file, not a pipe: it never fills up and never blocks a writer.
    with tempfile.TemporaryFile() as held:
        before = os.dup(_STDERR)
        os.dup2(held.fileno(), _STDERR)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(before, _STDERR)
            os.close(before)
            held.seek(0)
            for line in held.read().decode(errors="replace").splitlines(keepends=True):
                if not chatter.search(line):
                    os.write(_STDERR, line.encode())
