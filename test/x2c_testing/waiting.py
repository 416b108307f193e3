# SPDX-License-Identifier: Apache-2.0
"""Waiting for a condition, with a limit."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

LONGEST_WAIT = 150.0
"""Longest time that anything may take before a test gives up [s]."""


def wait_until(
    condition: Callable[[], Any], what: str = "the condition", timeout: float = LONGEST_WAIT
) -> Any:
    """Poll until a condition gives something true, and return that.

    The limit is for slow machines: it costs nothing where all goes well.

    Args:
        condition: Condition to call again and again.
        what: Name of the condition in the message of a test that fails.
        timeout: Longest time to wait [s].
    """
    limit = time.monotonic() + timeout
    while not (value := condition()):
        if time.monotonic() > limit:
            pytest.fail(f"waited {timeout:g} s in vain for {what}")
        time.sleep(0.01)
    return value


@pytest.fixture(name="wait_until")
def wait_until_fixture() -> Callable[..., Any]:
    """Give a test `wait_until(condition, what="...", timeout=...)`."""
    return wait_until
