# SPDX-License-Identifier: Apache-2.0
"""The nodes of the graph as processes, started as `ros2 run` would start them."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ament_index_python import get_package_prefix

from x2c_bringup.checks.ends import LongestEnds
from x2c_bringup.errors import ConfigureError
from x2c_bringup.graph.argument_file import argument_file
from x2c_bringup.graph.node_specs import NodeSpec, companions, program
from x2c_bringup.run.watch import Watch
from x2c_bringup.shared_files import set_middleware_defaults
from x2c_node.launcher import LAUNCHER_VARIABLE

_STARTING = 60.0
_LISTEN = 0.1


def command_line(spec: NodeSpec, folder: Path, companions: Sequence[NodeSpec] = ()) -> list[str]:
    """Return the program and arguments that run a node of the graph as a process.

    Args:
        spec: The node.
        folder: Folder for files with its own parameters.
        companions: Nodes that run in its process, too.
    """
    package, executable, arguments = program(spec, companions)
    path = Path(get_package_prefix(package), "lib", package, executable)
    words = [str(path), *arguments, "--ros-args", "-r", f"__node:={spec.name}"]
    if spec.namespace:
        words += ["-r", f"__ns:=/{spec.namespace.strip('/')}"]
    for old, new in spec.remappings:
        words += ["-r", f"{old}:={new}"]
    own = [argument_file(each, folder) for each in (spec, *companions)]
    for file in filter(None, [spec.params_file, *own]):
        words += ["--params-file", file]
    return [*words, "--log-level", spec.log_level]


class ProcessGraph:
    """Run each node of a graph as a process, while it is entered.

    They are no part of the terminal's process group: signals of the user reach them through this
    process alone, once each.

    Attributes:
        ends: Longest time that each node takes to end.

    Args:
        specs: The nodes, each after those whose messages it takes.
    """

    def __init__(self, specs: Sequence[NodeSpec]) -> None:
        self._specs = {spec.name: spec for spec in specs}
        self.ends = LongestEnds(specs)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._environment = {**os.environ, LAUNCHER_VARIABLE: str(os.getpid())}
        self._folder = tempfile.TemporaryDirectory(prefix="x2c_parameters_")

    @property
    def ids(self) -> Mapping[str, int]:
        """Process ids, by the names of the nodes that they are named after."""
        return {name: process.pid for name, process in self._processes.items()}

    def __enter__(self) -> ProcessGraph:
        """Start the processes, those who listen first."""
        set_middleware_defaults(self._environment)
        try:
            for name in reversed(self._specs):
                if not self._specs[name].host:
                    self.start(name)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        """Stop the processes, the source first; kill those that do not go."""
        for name in filter(self._processes.__contains__, self._specs):
            process = self._processes[name]
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                # One that is paused hears nothing before it goes on.
                process.send_signal(signal.SIGCONT)
            try:
                process.wait(self.ends[name])
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._folder.cleanup()

    def interrupt(self) -> None:
        """Send SIGINT to every process that still runs."""
        for process in self._processes.values():
            process.send_signal(signal.SIGINT)

    def check(self) -> None:
        """Raise which process has ended though nothing asked it to.

        Raises:
            ConfigureError: One has; the text gives its name and its exit status.
        """
        for name, process in self._processes.items():
            if (status := process.poll()) is not None:
                raise ConfigureError(f"{name} has ended with exit status {status}")

    def start(self, name: str) -> None:
        """Start the process of a node, which does not run."""
        name = self._process_of(name)
        spec = self._specs[name]
        beside = companions(spec, self._specs.values())
        command = command_line(spec, Path(self._folder.name), beside)
        self._processes[name] = subprocess.Popen(command, env=self._environment, process_group=0)

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to the process of a node; one that kills is waited for."""
        process = self._processes[self._process_of(name)]
        process.send_signal(number)
        if number is signal.SIGKILL:
            process.wait()

    def wait_until_active(
        self, watch: Watch, given_up: Callable[[], bool] = lambda: False
    ) -> None:
        """Wait until every node reports that it is active.

        Args:
            watch: Listener to the nodes' diagnostics.
            given_up: Returns whether to wait no longer.

        Raises:
            ConfigureError: A node refuses, has ended, or reports nothing; the text says why.
        """

        def status(name: str) -> int | None:
            return self._processes[self._process_of(name)].poll()

        wait_until_active(watch, list(self._specs), status, given_up)

    def _process_of(self, name: str) -> str:
        """Return the name of the node that a node's process is named after."""
        return self._specs[name].host or name


def wait_until_active(
    watch: Watch,
    names: Sequence[str],
    status_of: Callable[[str], int | None],
    given_up: Callable[[], bool] = lambda: False,
) -> None:
    """Wait until every node reports that it is active.

    Args:
        watch: Listener to the nodes' diagnostics.
        names: Names of the nodes.
        status_of: Returns the exit status of a node's process; None while it runs.
        given_up: Returns whether to wait no longer.

    Raises:
        ConfigureError: A node refuses, has ended, or reports nothing; the text says why.
    """
    limit = time.monotonic() + _STARTING
    while waiting := [name for name in names if not _is_active(watch, name)]:
        if given_up():
            return
        for name in waiting:
            status = status_of(name)
            if status is not None:
                raise ConfigureError(f"{name} has ended with exit status {status}")
            said = watch.diagnoses.get(name)
            if said is not None and "cannot" in said.message:
                raise ConfigureError(f"{name} {said.message}")
        if time.monotonic() > limit:
            raise ConfigureError(f"not active after {_STARTING:g} s: {', '.join(waiting)}")
        watch.listen(_LISTEN)


def _is_active(watch: Watch, name: str) -> bool:
    said = watch.diagnoses.get(name)
    return said is not None and said.values.get("state") == "active"
