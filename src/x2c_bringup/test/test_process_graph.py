# SPDX-License-Identifier: Apache-2.0
"""Processes of a graph hear the user's signals through their parent alone, and none is left."""

import os
import signal
import sys

import pytest

from x2c_bringup.errors import ConfigureError
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
    # What sees is started last.
    commands["face_tracker_node"] = ["/no/such/program"]
    graph = ProcessGraph(SPECS)
    with pytest.raises(FileNotFoundError), graph:
        pass
    assert set(graph.ids) == {"actuation_node"}
    assert all(process.poll() is not None for process in graph._processes.values())


@pytest.mark.process
def test_a_node_is_killed_and_started_again_with_all_in_its_process(commands):
    with ProcessGraph(SPECS) as graph:
        before = graph.ids["face_tracker_node"]
        graph.signal("camera_node", signal.SIGKILL)
        with pytest.raises(ConfigureError, match="face_tracker_node has ended"):
            graph.check()
        graph.start("camera_node")
        graph.check()
        assert graph.ids["face_tracker_node"] != before
        assert set(graph.ids) == {"face_tracker_node", "actuation_node"}


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
