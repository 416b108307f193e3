# SPDX-License-Identifier: Apache-2.0
"""Measurements of a checkout through its own commands, which differ little between revisions."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sensor_msgs.msg import JointState

from x2c_cli.bench.revisions import Revision, environment
from x2c_cli.bus.connection import Bus

Figures = dict[str, float]
"""Figures by name; those that a revision does not have are left out."""

_SETTINGS = {
    "processes, paced": "processes",
    "processes apart, paced": "a process for each node",
    "composed, paced": "one process",
    "composed, no limit": "one process, no limit",
}
_SEEING = ("camera_node", "face_tracker_node", "imitation_node")
"""Nodes that share a process in some revisions, and have one each in others."""

_COMMANDS = "joint_commands"
_STARTING = 120.0
_STOPPING = 20.0


def measure(revision: Revision, video: str, seconds: float, folder: Path) -> Figures:
    """Return the figures of one round: the graph, the first command, and an evaluation.

    Args:
        revision: Revision to measure.
        video: Video for all measurements.
        seconds: Duration of each measurement of the graph [s].
        folder: Empty folder for what the commands write.
    """
    figures: Figures = {}
    file = folder / "bench.json"
    arguments = ["bench", "--video", video, "--seconds", f"{seconds:g}", "--out", str(file)]
    if _timed(revision, arguments) is not None:
        figures.update(of_bench(json.loads(file.read_text(encoding="utf-8"))))
    figures.update(_first_command(revision, video))
    evaluation = ["evaluate", video, "--jobs", "1", "--out", str(folder / "evaluation")]
    if took := _timed(revision, evaluation):
        figures["x2c evaluate [s]"], figures["x2c evaluate, CPU [s]"] = took
    return figures


def of_bench(content: Mapping[str, Any]) -> Figures:
    """Return the figures in the JSON file that `x2c bench` of any revision writes."""
    figures: Figures = {}
    for setting in content["settings"]:
        place = _SETTINGS.get(setting["name"])
        if place is None:
            continue
        figures[f"{place}: p50 [ms]"] = setting["p50"]
        figures[f"{place}: p99 [ms]"] = setting["p99"]
        figures[f"{place}: jitter p99 [ms]"] = setting["jitter"]
        figures[f"{place}: cores"] = setting["cores"]
        figures[f"{place}: images answered [1/s]"] = setting["answers"]
        figures |= {f"{place}: {name}": size for name, size in _peaks(setting["memory"]).items()}
        if place == "one process":
            for name, took in setting["steps"].items():
                figures[f"step {name} [ms]"] = took
    return figures


def _peaks(memory: Mapping[str, float]) -> Figures:
    """Return sums of the processes' peaks [MB]."""
    if "composed" in memory:
        return {"peak memory [MB]": memory["composed"]}
    seeing = sum(memory.get(name, 0.0) for name in _SEEING)
    return {"peaks of what sees [MB]": seeing, "peaks of all [MB]": sum(memory.values())}


def _timed(revision: Revision, arguments: list[str]) -> tuple[float, float] | None:
    """Return wall and processor time [s] of a command; None if it fails, or is not there yet."""
    began = time.monotonic()
    process = _start(revision, arguments)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    took = time.monotonic() - began
    return (took, used.ru_utime + used.ru_stime) if process.returncode == 0 else None


def _first_command(revision: Revision, video: str) -> Figures:
    """Return the time from the start of a process until its first joint command arrives [s]."""
    heard: list[float] = []
    with Bus() as bus:
        bus.subscribe(JointState, _COMMANDS, lambda message: heard.append(time.monotonic()))
        began = time.monotonic()
        with _running(revision, ["imitate", "--video", video]) as process:
            bus.wait(lambda: heard or process.poll() is not None, _STARTING)
    return {"start to first command, one process [s]": heard[0] - began} if heard else {}


def _start(revision: Revision, arguments: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [str(revision.folder / "x2c"), *arguments],
        cwd=revision.folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


@contextmanager
def _running(revision: Revision, arguments: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    process = _start(revision, arguments)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(_STOPPING)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
