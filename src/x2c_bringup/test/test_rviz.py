# SPDX-License-Identifier: Apache-2.0
"""The file for RViz, compared with the nodes and with the robot's URDF."""

import xml.etree.ElementTree as ET

import pytest
import yaml

from x2c_bringup.graph.robot_description import DEFAULT_ROBOT, robot_description
from x2c_bringup.shared_files import shared_file
from x2c_perception.camera_node import CameraNode


@pytest.fixture(scope="module")
def manager():
    text = shared_file("config", "rviz", "imitation.rviz").read_text()
    return yaml.safe_load(text)["Visualization Manager"]


def topics(manager):
    return {
        display[key]["Value"]
        for display in manager["Displays"]
        for key in ("Topic", "Description Topic")
        if key in display
    }


def test_the_fixed_frame_is_the_root_of_the_robot(manager):
    urdf = ET.fromstring(robot_description(DEFAULT_ROBOT))
    children = {child.get("link") for child in urdf.iterfind("joint/child")}
    (root,) = {link.get("name") for link in urdf.iterfind("link")} - children
    assert manager["Global Options"]["Fixed Frame"] == root


def test_displays_show_topics_that_there_are(manager, ros):
    camera = ros.add(CameraNode())
    assert ros.transition("camera_node", "configure")
    published = {publisher.topic_name for publisher in camera.publishers}
    assert "/image_raw" in published
    assert topics(manager) == {"/image_raw", "/robot/image_raw", "/robot_description"}


def test_the_description_is_taken_however_late_rviz_starts(manager):
    (robot,) = [one for one in manager["Displays"] if "Description Topic" in one]
    assert robot["Description Topic"]["Durability Policy"] == "Transient Local"
