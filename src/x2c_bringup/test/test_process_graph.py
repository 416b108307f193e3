# SPDX-License-Identifier: Apache-2.0
"""Processes of a graph hear the user's signals through their parent alone, and none is left."""

import os
import sys

import pytest

from x2c_bringup.graph.node_specs import build_graph
from x2c_bringup.graph.options import GraphOptions
from x2c_bringup.run import processes
from x2c_bringup.run.processes import ProcessGraph, wait_until_active

SPECS = build_graph(GraphOptions(face=False))

WAITS = [sys.executable, "-c", "import signal; signal.pause()"]


@pytest.fixture
def commands(monkeypatch):
    """Commands of the nodes, by name; each only waits for a signal."""
    made = {spec.name: WAITS for spec in SPECS}
    monkeypatch.setattr(processes, "command_line", lambda spec, *others: made[spec.name])
    return made


@pytest.mark.process
def test_no_node_hears_the_terminals_signals(commands):
    with ProcessGraph(SPECS) as graph:
        groups = {os.getpgid(process) for process in graph.ids.values()}
        assert groups == set(graph.ids.values())


@pytest.mark.process
def test_what_was_started_ends_when_a_later_node_cannot_be_started(commands):
    # The camera is started last.
    commands[SPECS[0].name] = ["/no/such/program"]
    graph = ProcessGraph(SPECS)
    with pytest.raises(FileNotFoundError), graph:
        pass
    # The mixer runs in the process of actuation.
    assert len(graph.ids) == len(SPECS) - 2
    assert all(process.poll() is not None for process in graph._processes.values())


class Silent:
    """Watch of nodes that report nothing."""

    def __init__(self):
        self.diagnoses = {}

    def listen(self, seconds):
        pass


def test_a_user_who_gives_up_is_not_kept_waiting():
    asked = []
    wait_until_active(
        Silent(), ["camera_node"], lambda name: None, lambda: asked.append(0) or len(asked) > 2
    )
    assert len(asked) == 3
