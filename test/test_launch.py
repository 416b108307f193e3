# SPDX-License-Identifier: Apache-2.0
"""The launch file that is shipped, under the real launch."""

import asyncio
import os
import re
import signal
import sys
from pathlib import Path

import numpy as np
import pytest
from ament_index_python import PackageNotFoundError, get_package_prefix
from sensor_msgs.msg import JointState

from x2c_bringup.graph.options import backend_option_texts, option_texts
from x2c_bringup.graph.replay import replay_texts
from x2c_bringup.shared_files import shared_file
from x2c_msgs.msg import ControlValues
from x2c_node.qos import STREAM

pytest.importorskip("launch_ros", reason="launch_ros is not on PyPI; it comes with ROS 2 from apt")

from launch import LaunchContext, LaunchDescription, LaunchService
from launch.actions import (
    DeclareLaunchArgument,
    IncludeLaunchDescription,
    RegisterEventHandler,
)
from launch.event_handlers import OnProcessExit
from launch.launch_description_sources import PythonLaunchDescriptionSource

LAUNCH_FILE = shared_file("launch", "imitation.launch.py")


REPLAY_FILE = shared_file("launch", "replay.launch.py")


def shipped(file, arguments):
    source = PythonLaunchDescriptionSource(str(file))
    return IncludeLaunchDescription(source, launch_arguments=arguments.items())


def run(until, file=LAUNCH_FILE, **arguments):
    """Launch the file until a condition holds; return the exit status of each process.

    Without a condition, until the launch ends by itself.
    """
    statuses = {}

    def ended(event, context):
        statuses[event.process_name.rpartition("-")[0]] = event.returncode

    service = LaunchService(argv=[])
    service.include_launch_description(
        LaunchDescription(
            [
                RegisterEventHandler(OnProcessExit(on_exit=ended)),
                shipped(file, arguments),
            ]
        )
    )

    async def launched():
        running = asyncio.ensure_future(service.run_async())
        for _ in range(600):
            await asyncio.sleep(0.1)
            if running.done() or (until is not None and until()):
                break
        held = running.done() if until is None else until()
        if not running.done():
            await service.shutdown()
        await running
        return held

    assert asyncio.new_event_loop().run_until_complete(launched()), "waited in vain"
    return statuses


def test_every_option_of_the_graph_is_an_argument_with_a_description():
    source = PythonLaunchDescriptionSource(str(LAUNCH_FILE))
    entities = source.get_launch_description(LaunchContext()).entities
    declared = {one.name: one for one in entities if isinstance(one, DeclareLaunchArgument)}
    texts = {text.name: text.description for text in (*option_texts(), *backend_option_texts())}
    assert set(declared) == set(texts) | {"discovery_range"}
    # launch adds the choices.
    assert all(declared[name].description.startswith(text) for name, text in texts.items())


def test_launched_nodes_imitate_and_end_well(ros):
    frames = ros.collect(ControlValues, "/robot1/control_values")
    statuses = run(
        lambda: any(frame.state == ControlValues.TRACKING for frame in frames),
        filename="performer",
        namespace="robot1",
    )
    assert statuses == {"perception": 0, "actuation_with_mixer": 0, "virtual_face_node": 0}


def test_without_autostart_nodes_wait_to_be_configured(ros):
    states = []

    def waiting():
        if not states:
            states.append(ros.state("imitation_node"))
        return bool(states)

    statuses = run(waiting, camera="false", face="false", autostart="false")
    assert states == ["unconfigured"]
    assert set(statuses) == {"perception", "actuation_with_mixer"}
    assert set(statuses.values()) == {0}


def test_the_replay_file_describes_its_arguments():
    source = PythonLaunchDescriptionSource(str(REPLAY_FILE))
    entities = source.get_launch_description(LaunchContext()).entities
    declared = {one.name: one for one in entities if isinstance(one, DeclareLaunchArgument)}
    assert {one.name for one in replay_texts()} <= set(declared)
    assert {"robot", "backend", "record", "namespace"} <= set(declared)
    assert not {"filename", "video_device", "camera", "use_sim_time"} & set(declared)
    assert declared["bag"].default_value is None
    assert all(one.description for one in declared.values())


def test_a_bag_is_played_through_the_nodes_until_it_ends(ros, performer_bag):
    frames = ros.collect(ControlValues, "/robot1/control_values", 100)
    statuses = run(
        None,
        REPLAY_FILE,
        bag=str(performer_bag),
        player="x2c",
        # The test's own subscription has to be found in time, also on a busy machine.
        rate="0.5",
        namespace="robot1",
        face="false",
    )
    assert any(frame.state == ControlValues.TRACKING for frame in frames)
    assert set(statuses.values()) == {0}
    assert "bag_player_node" in statuses


LAUNCH = """
import sys
from launch import LaunchDescription, LaunchService
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
file, *arguments = sys.argv[1:]
service = LaunchService(argv=arguments, noninteractive=True)
source = PythonLaunchDescriptionSource(file)
given = [tuple(one.split(":=")) for one in arguments]
service.include_launch_description(
    LaunchDescription([IncludeLaunchDescription(source, launch_arguments=given)])
)
sys.exit(service.run())
"""


@pytest.fixture
def launch(node_process):
    """Launch the shipped file as a process of its own."""

    def start(**arguments):
        given = [f"{name}:={value}" for name, value in arguments.items()]
        return node_process(command=[sys.executable, "-c", LAUNCH, LAUNCH_FILE, *given])

    return start


def process_of(name, launched):
    """Return the id of the process of a node that runs."""
    (found,) = [
        one
        for one in process_ids(launched.output)
        if _runs(one) and f"__node:={name}".encode() in Path(f"/proc/{one}/cmdline").read_bytes()
    ]
    return found


def process_ids(output):
    return [int(found) for found in re.findall(r"started with pid \[(\d+)\]", output)]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"description": "true"}, "sudo apt install ros-"),
        ({"robot": "nix"}, "unknown robot 'nix'"),
        ({"backend": "nix"}, "unknown imitation backend 'nix'"),
        ({"namespace": "1"}, "namespace"),
    ],
)
def test_what_cannot_start_is_refused_before_the_first_node(launch, arguments, reason):
    if "description" in arguments and _is_installed("robot_state_publisher"):
        pytest.skip("robot_state_publisher is installed")
    process = launch(**arguments)
    assert process.wait() == 1
    assert reason in process.output
    assert process_ids(process.output) == []


def _is_installed(package):
    try:
        return bool(get_package_prefix(package))
    except PackageNotFoundError:
        return False


def test_nodes_whose_launch_is_killed_end_and_a_second_graph_is_refused(launch, ros, wait_until):
    frames = ros.collect(ControlValues, "control_values")
    process = launch(filename="performer", loop="true")
    wait_until(lambda: frames, what="control values")
    second = launch(filename="performer")
    assert second.wait() == 1
    assert "another graph runs already: /camera_node" in second.output
    assert process_ids(second.output) == []
    nodes = process_ids(process.output)
    assert len(nodes) == 3
    process.stop(signal.SIGKILL)
    wait_until(lambda: not any(map(_runs, nodes)), what="the end of every node")
    third = launch(filename="performer")
    third.wait_for("started with pid")
    assert third.stop(timeout=60.0) == 0


def _runs(process):
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_launch_waits_as_long_as_an_ease_that_was_made_longer_takes(launch, ros, wait_until):
    frames = ros.collect(JointState, "joint_commands", STREAM)
    process = launch(filename="performer", loop="true")

    def away():
        way = np.subtract(frames[-1].position, frames[0].position) if frames else np.zeros(1)
        return np.abs(way).max() > 0.2

    wait_until(away, what="a face far from neutral")
    (result,) = ros.set_parameters("actuation_node", ease_time=20.0)
    assert result.successful
    assert process.stop(timeout=90.0) == 0, process.output
    assert process.output.count("finished cleanly") == 3
    assert "escalating" not in process.output
    assert "disabled: at neutral" in process.output


def test_a_node_that_fails_ends_the_launch_with_an_error_and_all_others_in_order(
    launch, ros, wait_until
):
    frames = ros.collect(ControlValues, "control_values")
    # launch's own option for debuggers.
    prefix = {"launch-prefix": "env X2C_PREFIXED=1"}
    process = launch(filename="performer", loop="true", **prefix)
    wait_until(lambda: frames, what="control values")
    failing = process_of("face_tracker_node", process)
    assert b"X2C_PREFIXED=1" in Path(f"/proc/{failing}/environ").read_bytes()
    os.kill(failing, signal.SIGKILL)
    assert process.wait() == 1, process.output
    assert "face_tracker_node has ended with exit status -9" in process.output
    assert process.output.count("finished cleanly") == 2


@pytest.mark.parametrize(
    ("composed", "names", "count"),
    [("false", ("imitation_node", "camera_node"), 5), ("true", ("face_tracker_node",), 2)],
)
def test_a_node_without_state_starts_again_where_that_is_asked_for(
    launch, ros, wait_until, composed, names, count
):
    frames = ros.collect(ControlValues, "control_values")
    options = {"respawn": "true", "face": "false", "use_composition": composed}
    process = launch(filename="performer", loop="true", **options)
    wait_until(lambda: frames, what="control values")
    for started, name in enumerate(names, start=count + 1):
        os.kill(process_of(name, process), signal.SIGKILL)
        wait_until(lambda n=started: len(process_ids(process.output)) == n, what="another start")
        frames.clear()
        wait_until(lambda: frames, what=f"control values after the end of {name}")
    os.kill(process_of("actuation_node", process), signal.SIGKILL)
    assert process.wait() == 1, process.output
    assert "actuation_node has ended with exit status -9" in process.output
    assert process.output.count("finished cleanly") == count - 1
