# SPDX-License-Identifier: Apache-2.0
"""The whole graph as processes, started from the installed executables."""

import signal
import threading
import time

import numpy as np
import pytest
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from x2c_bringup.graph.node_specs import build_graph, companions
from x2c_bringup.graph.options import GraphOptions
from x2c_bringup.run.processes import command_line
from x2c_bringup.shared_files import default_params_file
from x2c_core.control_space import controls
from x2c_msgs.msg import ControlValues, MixerState
from x2c_node.conversion.images import bgr_to_image
from x2c_node.qos import IMAGE_PUBLISHER, LATCHED
from x2c_perception.cameras.video.video_file import VideoFile
from x2c_perception.performer import performer_video

NAMESPACE = "robot1"


@pytest.fixture
def graph(node_process, tmp_path):
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
        beside = companions(specs[name], specs.values())
        return node_process(command=command_line(specs[name], tmp_path, beside))

    own = [name for name in reversed(specs) if not specs[name].host]
    return {name: start(name) for name in own}, start


def test_processes_imitate_and_outlive_one_that_is_killed(graph, ros, wait_until):
    processes, start = graph
    frames = ros.collect(ControlValues, f"/{NAMESPACE}/control_values")
    passed = ros.collect(ControlValues, f"/{NAMESPACE}/mixer/control_values")
    mixed = ros.collect(MixerState, f"/{NAMESPACE}/mixer/state", LATCHED)

    def follows():
        return any(frame.state == ControlValues.TRACKING for frame in frames)

    def misses_controls():
        said = ros.diagnosis(f"{NAMESPACE}/actuation_node")
        return said is not None and "waiting for" in said.message

    wait_until(follows, what="control values that follow a face")
    wait_until(lambda: mixed, what="the state of the mixer")
    assert set(mixed[-1].winners) == {"imitation"}
    # Nothing but imitation has a part in the face: it passes unchanged, with its stamp.
    wait_until(lambda: passed, what="control values out of the mixer")
    one = passed[-1]
    wait_until(lambda: one in list(frames), what="the same ones before it")

    tracker = processes.pop("face_tracker_node")
    tracker.popen.send_signal(signal.SIGKILL)
    tracker.wait()
    wait_until(misses_controls, what="the actuation node to miss control values")
    assert all(process.running for process in processes.values())

    frames.clear()
    began = time.monotonic()
    processes["face_tracker_node"] = start("face_tracker_node")

    def follows_again():
        nonlocal began
        # Fast DDS can fail to open the shared memory that the killed process had ("Failed
        # init_port"), and is deaf then: such a node is started once more.
        tracker = processes["face_tracker_node"]
        if time.monotonic() - began > 30.0 and "Failed init_port" in tracker.output:
            tracker.stop()
            began = time.monotonic()
            processes["face_tracker_node"] = start("face_tracker_node")
        return follows()

    wait_until(follows_again, what="control values with a new tracker")
    statuses = {name: process.stop() for name, process in processes.items()}
    assert statuses == dict.fromkeys(processes, 0)


@pytest.fixture
def camera_without_stamps(ros):
    """A driver that never fills in its images' headers, in front of the performer."""
    publisher = ros.publish(Image, "image_raw", IMAGE_PUBLISHER)
    over = threading.Event()

    def run():
        with VideoFile(performer_video()) as source:
            while not over.wait(1 / 30) and (image := source.read()) is not None:
                publisher.publish(bgr_to_image(image, Header()))

    thread = threading.Thread(target=run, daemon=True)

    def start():
        thread.start()

    yield start
    over.set()
    thread.join(150.0)
    assert not thread.is_alive()


def test_a_camera_without_stamps_is_imitated_too(
    node_process, camera_without_stamps, ros, wait_until
):
    node_process("x2c_perception", "face_tracker_node")
    node_process("x2c_imitation", "imitation_node")
    frames = ros.collect(ControlValues, "control_values")
    wait_until(lambda: ros.diagnosis("imitation_node"), what="the nodes")
    camera_without_stamps()

    def moved():
        following = [one for one in frames if one.state == ControlValues.TRACKING]
        return any(np.abs(controls.to_deflection(one.values)).max() > 0.5 for one in following)

    wait_until(moved, what="the robot's face to move")
