# SPDX-License-Identifier: Apache-2.0
"""Programs under test.

`node_process(package, executable, ...)` starts an installed executable as `ros2 run` would:

    def test_executable(node_process):
        camera = node_process(
            "x2c_perception", "camera_node", parameters={"filename": "performer"},
            remappings={"image_raw": "picture"}, name="eye", namespace="/left",
        )
        camera.wait_for("configured")  # in its output; fails at once when the process ends
        assert camera.stop() == 0  # SIGINT by default; returns the exit status

`command=[...]` starts any other program in its place. What still runs at the end of the test is
interrupted, and killed if it does not go; its output is shown when the test fails.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from x2c_testing.waiting import LONGEST_WAIT, wait_until

_STOPPING = 60.0
_KILLED = 10.0
# A program ends with the process of tests, also where that is killed: else it would go on in its
# ROS domain.
_TIED = [shutil.which("setpriv"), "--pdeathsig", "KILL", "--"] if shutil.which("setpriv") else []


class Process:
    """A program under test; made by the fixture `node_process`."""

    def __init__(self, command: Sequence[str], log: Path, environment: Mapping[str, str]) -> None:
        self._log = log
        with log.open("wb") as file:
            self.popen = subprocess.Popen(
                [*_TIED, *command],
                stdout=file,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
            )

    @property
    def output(self) -> str:
        """What it has written so far, errors included."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    @property
    def running(self) -> bool:
        """Whether it still runs."""
        return self.popen.poll() is None

    def wait_for(self, text: str, timeout: float = LONGEST_WAIT) -> None:
        """Wait until it has written something; the test fails when it ends without."""

        def written_or_over() -> bool:
            over = not self.running
            return text in self.output or over

        wait_until(written_or_over, f"{text!r} of {self.popen.args}", timeout)
        if text not in self.output:
            pytest.fail(f"{self.popen.args} ended without {text!r}; it said:\n{self.output}")

    def stop(self, number: int = signal.SIGINT, timeout: float = _STOPPING) -> int:
        """Send a signal, wait for the end and return the exit status."""
        if self.running:
            self.popen.send_signal(number)
        return self.wait(timeout)

    def wait(self, timeout: float = LONGEST_WAIT) -> int:
        """Wait for the end and return the exit status; the test fails when it does not come."""
        try:
            return self.popen.wait(timeout)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait(_KILLED)
            pytest.fail(
                f"{self.popen.args} did not end within {timeout:g} s; it said:\n{self.output}"
            )


@pytest.fixture
def node_process(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Start installed nodes as processes; see the top of this file."""
    started: list[Process] = []
    numbers = itertools.count()

    def start(
        package: str = "",
        executable: str = "",
        *,
        command: Sequence[str] = (),
        parameters: Mapping[str, Any] | None = None,
        remappings: Mapping[str, str] | None = None,
        name: str = "",
        namespace: str = "",
        environment: Mapping[str, str] | None = None,
    ) -> Process:
        words = [str(word) for word in command] or [_installed(package, executable)]
        ros = [f"-r {old}:={new}" for old, new in (remappings or {}).items()]
        ros += [f"-r __node:={name}"] if name else []
        ros += [f"-r __ns:={namespace}"] if namespace else []
        pairs = [word for pair in ros for word in pair.split(" ", 1)]
        for key, value in (parameters or {}).items():
            # JSON is YAML whose strings stay strings.
            pairs += ["-p", f"{key}:={json.dumps(value)}"]
        words += ["--ros-args", *pairs] if pairs else []
        log = tmp_path / f"process_{next(numbers)}.log"
        started.append(Process(words, log, environment or {}))
        return started[-1]

    yield start
    for process in started:
        if process.running:
            process.popen.send_signal(signal.SIGINT)
    for process in started:
        try:
            process.popen.wait(_STOPPING)
        except subprocess.TimeoutExpired:
            process.popen.kill()
            process.popen.wait(_KILLED)
        print(f"{process.popen.args} ended with {process.popen.returncode}:\n{process.output}")


def _installed(package: str, executable: str) -> str:
    from ament_index_python import get_package_prefix

    return str(Path(get_package_prefix(package)) / "lib" / package / executable)
