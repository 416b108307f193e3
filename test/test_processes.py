# SPDX-License-Identifier: Apache-2.0
"""The whole graph as processes, started from the installed executables."""

import signal

import pytest

from x2c_bringup.graph import build_graph
from x2c_bringup.options import GraphOptions
from x2c_bringup.processes import command_line
from x2c_bringup.shared_files import default_params_file
from x2c_msgs.msg import ControlValues

NAMESPACE = "robot1"


@pytest.fixture
def graph(node_process):
    """Processes by the name of their node, and what starts one anew."""
    specs = {
        spec.name: spec
        for spec in build_graph(
            GraphOptions(
                filename="performer",
                loop=True,
                namespace=NAMESPACE,
                params_file=str(default_params_file()),
            )
        )
    }

    def start(name):
        return node_process(command=command_line(specs[name]))

    return {name: start(name) for name in reversed(specs)}, start


def test_processes_imitate_and_outlive_one_that_is_killed(graph, ros, wait_until):
    processes, start = graph
    frames = ros.collect(ControlValues, f"/{NAMESPACE}/control_values")

    def follows():
        return any(frame.state == ControlValues.TRACKING for frame in frames)

    def misses_controls():
        said = ros.diagnosis(f"{NAMESPACE}/actuation_node")
        return said is not None and "waiting for" in said.message

    wait_until(follows, what="control values that follow a face")

    tracker = processes.pop("face_tracker_node")
    tracker.popen.send_signal(signal.SIGKILL)
    tracker.wait()
    wait_until(misses_controls, what="the actuation node to miss control values")
    assert all(process.running for process in processes.values())

    frames.clear()
    processes["face_tracker_node"] = start("face_tracker_node")
    wait_until(follows, what="control values with a new tracker")
    statuses = {name: process.stop() for name, process in processes.items()}
    assert statuses == dict.fromkeys(processes, 0)
