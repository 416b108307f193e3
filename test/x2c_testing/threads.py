# SPDX-License-Identifier: Apache-2.0
"""One thread for torch in each worker, whatever a test has set for the whole process.

Threads of torch that wait for each other on shared cores spin: a small training took ten times
the processor time after a test that had left two.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def one_thread_for_torch() -> Iterator[None]:
    """Take back what a test has set."""
    yield
    if (torch := sys.modules.get("torch")) is not None:
        torch.set_num_threads(1)
