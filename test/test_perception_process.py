# SPDX-License-Identifier: Apache-2.0
"""Camera, face tracker and imitation as the one process that the launch file starts."""

import sys

import cv2
import pytest
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from x2c_msgs.msg import ControlValues, FaceLandmarks
from x2c_node import qos
from x2c_node.conversion.images import bgr_to_image
from x2c_perception.cameras.video.video_file import VideoFile
from x2c_perception.performer import performer_video

COUNT = 12
PROGRAM = [sys.executable, "-c"]
PROGRAM.append("from x2c_bringup.run import shared_process; shared_process.perception()")
BESIDE = ["camera_node", "imitation_node"]


@pytest.fixture
def images(tmp_path):
    """A folder with images of the performer."""
    with VideoFile(performer_video()) as video:
        for number in range(COUNT):
            cv2.imwrite(str(tmp_path / f"{number:02}.png"), video.read())
    return tmp_path


@pytest.fixture
def perception(node_process, tmp_path):
    """Start the process with the nodes named: perception("camera_node", filename="...")."""

    def start(*beside, **parameters):
        return node_process(command=[*PROGRAM, *beside], parameters=parameters)

    return start


def value(ros, node, key):
    """Return what a node reports under a key; None as long as it does not."""
    said = ros.diagnosis(node)
    return {one.key: one.value for one in said.values}.get(key) if said else None


def test_every_image_of_a_file_becomes_control_values(perception, images, ros, wait_until):
    process = perception(*BESIDE, filename=str(images))
    wait_until(lambda: value(ros, "camera_node", "finished") == "True", "the end of the file")
    for node, what in (("camera_node", "image"), ("face_tracker_node", "image")):
        wait_until(lambda n=node, w=what: value(ros, n, f"{w} total") == str(COUNT), node)
    wait_until(lambda: value(ros, "imitation_node", "face total") == str(COUNT), "imitation")
    assert process.stop() == 0


def test_others_hear_what_the_nodes_hand_on_to_each_other(perception, ros, wait_until):
    pictures = ros.collect(Image, "image_raw", qos.IMAGE_SUBSCRIBER)
    faces = ros.collect(FaceLandmarks, "face", qos.NEWEST)
    frames = ros.collect(ControlValues, "control_values", qos.NEWEST)
    process = perception(*BESIDE, filename="performer", loop=True)
    wait_until(lambda: frames and faces and pictures, "all that is published")
    for transition in ("deactivate", "cleanup"):
        assert ros.transition("face_tracker_node", transition)
    for transition in ("configure", "activate"):
        assert ros.transition("face_tracker_node", transition)
    frames.clear()
    wait_until(
        lambda: any(one.state == ControlValues.TRACKING for one in list(frames)),
        "control values from a tracker that was made anew",
    )
    assert process.stop() == 0


def test_images_come_from_any_driver_where_no_camera_runs_here(perception, ros, wait_until):
    frames = ros.collect(ControlValues, "control_values", qos.NEWEST)
    process = perception("imitation_node")
    publisher = ros.publish(Image, "image_raw", qos.IMAGE_PUBLISHER)
    with VideoFile(performer_video()) as video:
        image = video.read()

    def follows():
        stamp = ros.node.get_clock().now().to_msg()
        publisher.publish(bgr_to_image(image, Header(stamp=stamp)))
        return any(one.state == ControlValues.TRACKING for one in list(frames))

    wait_until(follows, "control values")
    assert process.stop() == 0


def test_a_camera_that_refuses_leaves_the_others_running(perception, ros, wait_until):
    process = perception(*BESIDE, filename="/no/such/file.mp4")
    wait_until(lambda: value(ros, "imitation_node", "state") == "active", "imitation")
    wait_until(lambda: value(ros, "face_tracker_node", "state") == "active", "the tracker")
    wait_until(lambda: value(ros, "camera_node", "state") == "unconfigured", "the camera")
    assert "/no/such/file.mp4" in process.output
    assert process.stop() == 0


def test_nodes_wait_to_be_configured_where_nothing_starts_them(perception, ros, wait_until):
    process = perception(*BESIDE, filename="performer", autostart=False)
    for node in ("camera_node", "face_tracker_node", "imitation_node"):
        assert ros.state(node) == "unconfigured"
    assert process.stop() == 0


def test_a_node_that_cannot_run_here_is_refused(perception):
    process = perception("actuation_node")
    assert process.wait() == 1
    expected = "expected nodes of imitation_node, camera_node to run too, got 'actuation_node'"
    assert expected in process.output
