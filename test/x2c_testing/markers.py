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
    "ros": ("ros", "demo", "node_process"),
    "process": ("node_process", "x2c", "install_example"),
}

_PURE = 0.03
_SECONDS = {"slow": 0.5, "process": 2.0, "ros": 1.0}
"""About what a test takes [s], by its mark."""

_WAIT = ("process", "ros")
"""Marks of tests that mostly wait; slow ones compute all the same."""


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
    """Mark tests by their fixtures, and order their modules for several workers."""
    for item in items:
        used = getattr(item, "fixturenames", ())
        for mark, fixtures in _BY_FIXTURE.items():
            if any(name in used for name in fixtures):
                item.add_marker(mark)
    if hasattr(config, "workerinput"):
        items[:] = _beside_each_other(items)


def _beside_each_other(items: list[pytest.Item]) -> list[pytest.Item]:
    """Order modules so that some tests wait while others compute, and long ones begin early."""
    modules: dict[str, list[pytest.Item]] = {}
    for item in items:
        modules.setdefault(item.nodeid.partition("::")[0], []).append(item)
    computing: list[tuple[float, list[pytest.Item]]] = []
    waiting: list[tuple[float, list[pytest.Item]]] = []
    for module in modules.values():
        waits = [
            not item.get_closest_marker("slow") and any(map(item.get_closest_marker, _WAIT))
            for item in module
        ]
        seconds = [
            sum(value for mark, value in _SECONDS.items() if item.get_closest_marker(mark))
            for item in module
        ]
        queue = waiting if 2 * sum(waits) > len(waits) else computing
        queue.append((sum(seconds) + _PURE * len(module), module))
    shares = []
    for queue in (computing, waiting):
        queue.sort(key=lambda one: -one[0])
        before = 0.0
        whole = sum(seconds for seconds, _ in queue)
        for seconds, module in queue:
            shares.append((before / whole, module))
            before += seconds
    shares.sort(key=lambda one: one[0])
    return [item for _, module in shares for item in module]


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
