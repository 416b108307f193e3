# SPDX-License-Identifier: Apache-2.0
"""The node over DDS: the installed executable, or in this process."""

import math
import signal

import numpy as np
import pytest
from rclpy.parameter import Parameter
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, JointState
from std_msgs.msg import Header

from x2c_node.conversion.headers import to_nanoseconds
from x2c_node.conversion.images import compressed_to_bgr, image_to_bgr
from x2c_node.qos import IMAGE_SUBSCRIBER, STREAM
from x2c_virtual_face.virtual_face_node import VirtualFaceNode

NODE = "virtual_face_node"


class Side:
    """Commands a running virtual face and keeps its joint states."""

    def __init__(self, ros, wait_until):
        self.ros, self.wait_until = ros, wait_until
        self.states = ros.collect(JointState, "joint_states", STREAM)
        self.publisher = ros.publish(JointState, "joint_commands", STREAM)
        wait_until(lambda: self.states, what="joint states")
        self._linked = False

    def _link(self):
        """Command what is so already until the node, which asks for best effort, hears it."""

        def heard():
            self.publisher.publish(JointState(name=["head_yaw"], position=[0.0]))
            status = self.ros.diagnosis(NODE)
            return status and any(value.key == "commands total" for value in status.values)

        self.wait_until(heard, what="the node to hear a command")
        self._linked = True

    def send(self, positions, names=None):
        if not self._linked:
            self._link()
        header = Header(stamp=self.ros.node.get_clock().now().to_msg())
        names = list(positions) if names is None else names
        values = list(positions.values()) if isinstance(positions, dict) else positions
        self.publisher.publish(JointState(header=header, name=names, position=values))

    def position(self, name):
        state = self.states[-1]
        return state.position[state.name.index(name)]

    def reaches(self, name, position, tolerance=0.02):
        self.wait_until(
            lambda: abs(self.position(name) - position) < tolerance,
            what=f"{name} at {position}, it is at {self.position(name)}",
        )


@pytest.fixture
def start(ros, wait_until, node_process):
    def start(**parameters):
        process = node_process(
            "x2c_virtual_face",
            "virtual_face_node",
            parameters={"diagnostics_period": 0.1, **parameters},
        )
        return process, Side(ros, wait_until)

    return start


@pytest.fixture
def start_inside(ros, wait_until, node_inside):
    def start(**parameters):
        given = {"diagnostics_period": 0.1, **parameters}
        node = node_inside(VirtualFaceNode, parameters=given)
        return node, Side(ros, wait_until)

    return start


def test_a_joint_command_moves_the_joint_and_changes_the_image(start, ros, wait_until, robot):
    process, side = start(image_width=128, image_height=96)
    images = ros.collect(Image, "robot/image_raw", IMAGE_SUBSCRIBER)
    compressed = ros.collect(CompressedImage, "robot/image_raw/compressed", IMAGE_SUBSCRIBER)
    infos = ros.collect(CameraInfo, "robot/camera_info", IMAGE_SUBSCRIBER)
    wait_until(lambda: images and compressed and infos, what="images")
    neutral = image_to_bgr(images[-1]).astype(int)
    assert neutral.shape == (96, 128, 3)
    assert neutral.std() > 10.0
    assert np.abs(compressed_to_bgr(compressed[-1]).astype(int) - neutral).mean() < 8.0
    assert (infos[-1].width, infos[-1].height) == (128, 96)
    assert infos[-1].k[0] == infos[-1].k[4] > 100.0
    assert (infos[-1].k[2], infos[-1].k[5]) == (63.5, 47.5)
    assert images[-1].header.frame_id == "robot_camera_optical_frame"

    assert side.states[-1].name == list(robot.joint_names)
    side.send({"jaw_pitch": 0.3})
    side.reaches("jaw_pitch", 0.3)
    assert any(abs(state.velocity[13]) > 0.1 for state in side.states)
    stamps = [to_nanoseconds(state.header.stamp) for state in side.states]
    assert (np.diff(stamps) > 0).all()
    moved = stamps[-1]
    wait_until(lambda: to_nanoseconds(images[-1].header.stamp) > moved, what="a new image")
    assert np.abs(image_to_bgr(images[-1]).astype(int) - neutral).max() > 40
    assert process.stop(signal.SIGINT) == 0


def test_garbage_is_refused_counted_and_survived(start_inside, ros, wait_until, robot):
    node, side = start_inside()
    side.send({"jaw_pitch": 0.2, "tail": 1.0})
    side.send({"jaw_pitch": 0.2, "tail": 1.0})
    side.reaches("jaw_pitch", 0.2)
    for bad in (math.nan, math.inf, -math.inf):
        side.send({"jaw_pitch": 0.1, "head_yaw": bad})
    side.send([], names=["jaw_pitch"])
    side.send([0.1, 0.2], names=[])
    side.send([], names=[])
    side.send([1e308] * 30, names=list(robot.joint_names))
    side.send([-1e308] * 30, names=list(robot.joint_names))
    side.send(robot.home.tolist(), names=list(robot.joint_names))
    side.send({"jaw_pitch": 0.25})
    side.reaches("jaw_pitch", 0.25)

    def counted():
        status = ros.diagnosis(NODE)
        details = {value.key: value.value for value in status.values} if status else {}
        wanted = {"joint_commands refused": "5", "position clamped: head_yaw": "2"}
        return wanted.items() <= details.items()

    wait_until(counted, what="five refused and two clamped commands on /diagnostics")
    positions = np.array([state.position for state in side.states])
    assert np.isfinite(positions).all()
    assert node.running
    assert node.output.count("tail") == 1
    assert node.stop() == 0


def test_lifecycle_over_its_services(start_inside, ros, wait_until):
    node, side = start_inside()
    images = ros.collect(Image, "robot/image_raw", IMAGE_SUBSCRIBER)
    wait_until(lambda: images, what="an image")
    assert ros.transition(NODE, "deactivate")
    assert ros.transition(NODE, "cleanup")
    assert ros.transition(NODE, "configure")
    seen = len(side.states)
    assert ros.transition(NODE, "activate")
    wait_until(lambda: len(side.states) > seen + 5, what="joint states after a new start")
    seen = len(images)
    wait_until(lambda: len(images) > seen, what="an image after a new start")
    (result,) = ros.set_parameters(NODE, framerate=math.nan)
    assert not result.successful
    (result,) = ros.set_parameters(NODE, framerate=10.0)
    assert result.successful
    assert ros.transition(NODE, "shutdown")
    assert ros.state(NODE) == "finalized"
    assert node.stop() == 0


def test_silence_is_explained(start_inside, ros, wait_until):
    start_inside()
    wait_until(
        lambda: (
            (status := ros.diagnosis(NODE)) and "waiting for /joint_commands" in status.message
        ),
        what="the reason for waiting",
    )


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [({"robot": "no_such_robot"}, "unknown robot"), ({"image_width": 3}, "image_width")],
)
def test_what_cannot_work_is_refused_with_the_reason(parameters, reason, ros, capfd):
    overrides = [Parameter(name, value=value) for name, value in parameters.items()]
    node = ros.add(VirtualFaceNode(parameter_overrides=overrides))
    assert not node.start()
    assert reason in capfd.readouterr().err
    assert node.state == "unconfigured"


def test_without_an_opengl_library_it_says_what_to_install(node_process, wait_until, ros):
    process = node_process("x2c_virtual_face", NODE, environment={"MUJOCO_GL": "no_such_library"})
    wait_until(lambda: "libosmesa6" in process.output, what="the reason in the log")
    assert "Traceback" not in process.output
    assert ros.state(NODE) == "unconfigured"
    assert process.stop() == 0
