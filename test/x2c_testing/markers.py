# SPDX-License-Identifier: Apache-2.0
"""Marks of tests by what they need, from the fixtures they use; pyproject.toml explains the marks.

A test without marks is pure: `make check` runs it. One that starts an interpreter all the same, or
whose fixtures do, fails, so that the marks stay true.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from multiprocessing import util
from typing import Any

import pytest

_BY_FIXTURE = {
    "ros": ("ros", "demo", "performance", "node_process"),
    "process": ("node_process", "x2c", "performance", "install_example"),
}


class _Watch:
    """Processes started since the last look."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self._spawn = util.spawnv_passfds
        util.spawnv_passfds = self._hear_spawn
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        # Libraries look for others by programs such as ldconfig.
        if event == "subprocess.Popen" and arguments[0] == sys.executable:
            self.started.append(f"{arguments[1]}")
        elif event in ("os.fork", "os.forkpty"):
            self.started.append("a copy of itself")

    def _hear_spawn(self, path: bytes, words: Sequence[Any], descriptors: Sequence[int]) -> int:
        # Processes of multiprocessing, of which no audit hook hears.
        self.started.append(f"{words}")
        return self._spawn(path, words, descriptors)


_watch = _Watch()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark tests by their fixtures; workers begin with the modules that take long."""
    for item in items:
        used = getattr(item, "fixturenames", ())
        for mark, fixtures in _BY_FIXTURE.items():
            if any(name in used for name in fixtures):
                item.add_marker(mark)
    if hasattr(config, "workerinput"):
        modules: dict[str, int] = {}
        for item in items:
            module = item.nodeid.partition("::")[0]
            modules[module] = max(modules.get(module, 0), _weight(item))
        items.sort(key=lambda item: -modules[item.nodeid.partition("::")[0]])


def _weight(item: pytest.Item) -> int:
    """Return how long a test's kind takes, in comparison."""
    marks = ("ros", "process", "slow")
    return max(
        (marks.index(one.name) + 1 for one in item.iter_markers() if one.name in marks), default=0
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    """Fail a test whose fixtures start a process, and which is not marked so."""
    _watch.started.clear()
    result = yield
    _check(item)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Fail a test that starts a process and is not marked so."""
    result = yield
    _check(item)
    return result


def _check(item: pytest.Item) -> None:
    # Slow tests are not pure anyway.
    marked = any(item.get_closest_marker(mark) for mark in ("process", "slow"))
    if _watch.started and not marked:
        pytest.fail(f"mark it `process`: it started {_watch.started[0]}", pytrace=False)
