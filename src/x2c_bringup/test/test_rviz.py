# SPDX-License-Identifier: Apache-2.0
"""The file for RViz, compared with the nodes and with the robot's URDF."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
import yaml
from std_msgs.msg import Header

from x2c_bringup.graph.robot_description import DEFAULT_ROBOT, robot_description
from x2c_bringup.shared_files import shared_file
from x2c_core.face.face_frames import FaceFrames
from x2c_perception.camera_node import CameraParameters
from x2c_perception.frame_messages import HEAD, camera_body, face_markers

ROOT = Path(__file__).resolve().parents[3]
TYPES = {
    "Image": "sensor_msgs/Image",
    "MarkerArray": "visualization_msgs/MarkerArray",
    "RobotModel": "std_msgs/String",
}


@pytest.fixture(scope="module")
def manager():
    text = shared_file("config", "rviz", "imitation.rviz").read_text()
    return yaml.safe_load(text)["Visualization Manager"]


def test_the_fixed_frame_is_the_root_of_the_robot(manager):
    urdf = ET.fromstring(robot_description(DEFAULT_ROBOT))
    children = {child.get("link") for child in urdf.iterfind("joint/child")}
    (root,) = {link.get("name") for link in urdf.iterfind("link")} - children
    assert manager["Global Options"]["Fixed Frame"] == root


def published():
    """Return the type of each topic that a node publishes, as the node reference says."""
    text = (ROOT / "docs" / "nodes.md").read_text()
    rows = re.findall(r"^\| `([^`]+)` \| pub \| (\w+/\w+)", text, re.MULTILINE)
    return {f"/{topic.lstrip('/')}": kind for topic, kind in rows}


def test_every_display_shows_a_topic_that_there_is_in_its_type(manager):
    # robot_state_publisher is none of the project's nodes.
    topics = {**published(), "/robot_description": "std_msgs/String"}
    shown = set()
    for display in manager["Displays"]:
        kind = display["Class"].removeprefix("rviz_default_plugins/")
        for key in ("Topic", "Description Topic"):
            if key in display:
                topic = display[key]["Value"]
                assert topics[topic] == TYPES[kind], topic
                shown.add(topic)
    assert shown == {"/image_raw", "/robot/image_raw", "/robot_description", "/face/markers"}
    assert topics["/tf"] == topics["/tf_static"] == "tf2_msgs/TFMessage"


def test_markers_and_frames_that_are_shown_are_those_of_the_node(manager):
    (markers,) = [one for one in manager["Displays"] if one["Class"].endswith("MarkerArray")]
    points = np.zeros((478, 3))
    frames = FaceFrames(np.zeros(3), np.eye(3), np.eye(3), points)
    made = face_markers(frames, Header(), 1).markers
    assert set(markers["Namespaces"]) == {marker.ns for marker in made}
    (tf,) = [one for one in manager["Displays"] if one["Class"].endswith("TF")]
    camera = camera_body(CameraParameters().frame_id)
    assert set(tf["Frames"]) == {"All Enabled", HEAD, camera}


def test_the_description_is_taken_however_late_rviz_starts(manager):
    (robot,) = [one for one in manager["Displays"] if "Description Topic" in one]
    assert robot["Description Topic"]["Durability Policy"] == "Transient Local"
