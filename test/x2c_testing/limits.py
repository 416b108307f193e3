# SPDX-License-Identifier: Apache-2.0
"""Limits that make every test and every run of tests end.

pyproject.toml limits the time of each test; here teardowns and the end of the process are limited
too.
"""

from __future__ import annotations

import faulthandler
import os

import pytest

_STDERR = pytest.StashKey[int]()


def pytest_configure(config: pytest.Config) -> None:
    """Keep standard error itself, which stays where it is while a test's output is captured."""
    config.stash[_STDERR] = os.dup(2)


@pytest.hookimpl(trylast=True)
def pytest_exception_interact(node: pytest.Item | pytest.Collector) -> None:
    """Limit what is left of a test that failed: pytest and pytest-timeout drop their limits then.

    Only then, as a limit is a thread, for which a test on a busy machine waits milliseconds.
    """
    if isinstance(node, pytest.Item):
        # pytest calls it off when the test is over.
        _end_process_after(node.config, float(node.config.getini("faulthandler_timeout")))


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Limit the time until the process has ended: a thread may be left that nothing ends."""
    _end_process_after(config, float(config.getini("faulthandler_timeout")))


def _end_process_after(config: pytest.Config, seconds: float) -> None:
    """End the process with the stacks of all threads, unless it is called off before."""
    faulthandler.dump_traceback_later(seconds, file=config.stash[_STDERR], exit=True)
