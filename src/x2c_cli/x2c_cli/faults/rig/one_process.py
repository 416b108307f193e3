# SPDX-License-Identifier: Apache-2.0
"""The graph in one process that others watch, and can order to break itself.

    python -m x2c_cli.faults.rig.one_process SPECS.json

The file holds the nodes' specifications. A line on stdin that names a thread ends that thread, as
an error that nothing catches would.
"""

from __future__ import annotations

import ctypes
import dataclasses
import json
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console

from x2c_bringup.graph.node_specs import NodeSpec
from x2c_bringup.run.composed_run import run_here
from x2c_bringup.run.processes import wait_until_active
from x2c_bringup.run.watch import Watch
from x2c_cli.errors import FaultError
from x2c_core.errors import X2CError

NAME = "one process"
"""Name of the process where each would have its node's."""

_STOPPING = 15.0


class OneProcessGraph:
    """Run all nodes of a graph in one process of their own, while it is entered.

    Args:
        specs: Nodes, each after those whose messages it takes.
    """

    def __init__(self, specs: Sequence[NodeSpec]) -> None:
        self._specs = specs
        self._folder = tempfile.TemporaryDirectory(prefix="x2c_graph_")

    @property
    def ids(self) -> Mapping[str, int]:
        """The process id, by name."""
        return {NAME: self._process.pid}

    def __enter__(self) -> OneProcessGraph:
        """Start the process."""
        path = Path(self._folder.name) / "specs.json"
        content = [dataclasses.asdict(spec) for spec in self._specs]
        path.write_text(json.dumps(content), encoding="utf-8")
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", __name__, str(path)], stdin=subprocess.PIPE, text=True
        )
        return self

    def __exit__(self, *error: object) -> None:
        """Stop the process; kill it if it does not go."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        try:
            self.wait(_STOPPING)
        except FaultError:
            self._process.kill()
            self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._folder.cleanup()

    def wait(self, seconds: float) -> int:
        """Return the exit status of the process, which has to end within some time [s].

        Raises:
            FaultError: It does not.
        """
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            raise FaultError(f"the process is still running after {seconds:g} s") from error

    def end_thread(self, name: str) -> None:
        """End a thread of the process, as an error that nothing catches would."""
        assert self._process.stdin is not None  # noqa: S101 - asked for when it was started
        self._process.stdin.write(f"{name}\n")
        self._process.stdin.flush()

    def wait_until_active(self, watch: Watch) -> None:
        """Wait until every node reports that it is active.

        Raises:
            ConfigureError: A node refuses, or the process has ended; the text says why.
        """
        names = [spec.name for spec in self._specs]
        wait_until_active(watch, names, lambda name: self._process.poll())


def _obey() -> None:
    """Take orders from stdin, in a thread of its own."""
    for line in sys.stdin:
        for thread in threading.enumerate():
            if thread.name == line.strip():
                _end(thread)


def _end(thread: threading.Thread) -> None:
    if thread.ident is not None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident), ctypes.py_object(SystemExit)
        )


def _spec(content: Mapping[str, object]) -> NodeSpec:
    pairs = content["remappings"]
    assert isinstance(pairs, list)  # noqa: S101 - written above
    return NodeSpec(**{**content, "remappings": tuple(map(tuple, pairs))})  # type: ignore[arg-type]


def main() -> None:
    """Run the nodes of a file until a signal comes, or until one of their threads has ended."""
    specs = [_spec(content) for content in json.loads(Path(sys.argv[1]).read_text("utf-8"))]
    threading.Thread(target=_obey, name="orders", daemon=True).start()
    try:
        run_here(specs, Console(stderr=True))
    except X2CError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
