# SPDX-License-Identifier: Apache-2.0
"""The launch file that is shipped, under the real launch."""

import asyncio

import pytest

from x2c_bringup.options import option_texts
from x2c_bringup.replay import replay_texts
from x2c_bringup.shared_files import shared_file
from x2c_msgs.msg import ControlValues

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
    texts = {text.name: text.description for text in option_texts()}
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
    assert statuses == {
        "camera_node": 0,
        "face_tracker_node": 0,
        "imitation_node": 0,
        "actuation_node": 0,
        "virtual_face_node": 0,
    }


def test_without_autostart_nodes_wait_to_be_configured(ros):
    states = []

    def waiting():
        if not states:
            states.append(ros.state("imitation_node"))
        return bool(states)

    statuses = run(waiting, camera="false", face="false", autostart="false")
    assert states == ["unconfigured"]
    assert set(statuses) == {"face_tracker_node", "imitation_node", "actuation_node"}
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
        rate="2.0",
        namespace="robot1",
        face="false",
    )
    assert any(frame.state == ControlValues.TRACKING for frame in frames)
    assert set(statuses.values()) == {0}
    assert "bag_player_node" in statuses
