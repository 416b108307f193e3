# SPDX-License-Identifier: Apache-2.0
"""Keep the messages of a C++ library off the terminal, and nothing else."""

from __future__ import annotations

import os
import re
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_STDERR = 2

# The process has only one stderr: two threads that redirect it at once would lose it.
_REDIRECTING = threading.Lock()


@contextmanager
def filtered_stderr(chatter: re.Pattern[str]) -> Iterator[None]:
    """Hold back what is written to the process's stderr, then pass on all lines but the chatter.

    Args:
        chatter: Lines in which it is found are dropped.
    """
    # A file, not a pipe: it never fills up and never blocks a writer.
    with _REDIRECTING, tempfile.TemporaryFile() as held:
        sys.stderr.flush()
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
