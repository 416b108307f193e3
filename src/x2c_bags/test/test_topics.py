# SPDX-License-Identifier: Apache-2.0
from x2c_bags.schema.topics import TOPICS, Part, parts_of

IMAGE = "sensor_msgs/msg/CompressedImage"


def test_topics_of_ours_are_known_by_their_names():
    recorded = {f"/{one.part.lstrip('/')}": one.message_type for one in TOPICS}
    assert parts_of(recorded, {}) == {f"/{one.lstrip('/')}": one for one in Part}


def test_topics_in_a_namespace_are_known():
    recorded = {"/left/" + one.part.lstrip("/"): one.message_type for one in TOPICS}
    assert set(parts_of(recorded, {}).values()) == set(Part)


def test_what_the_bag_says_comes_first():
    recorded = {"/usb_cam/compressed": IMAGE, "/image_raw/compressed": IMAGE}
    said = {Part.CAMERA_IMAGE: "/usb_cam/compressed"}
    assert parts_of(recorded, said)["/usb_cam/compressed"] is Part.CAMERA_IMAGE


def test_the_only_topic_of_a_type_plays_the_part():
    recorded = {"/head_camera": IMAGE, "/robot/image_raw/compressed": IMAGE}
    assert parts_of(recorded, {}) == {
        "/head_camera": Part.CAMERA_IMAGE,
        "/robot/image_raw/compressed": Part.ROBOT_IMAGE,
    }


def test_the_robots_image_alone_is_not_taken_for_the_cameras():
    assert parts_of({"/robot/image_raw/compressed": IMAGE}, {}) == {
        "/robot/image_raw/compressed": Part.ROBOT_IMAGE
    }


def test_control_values_of_the_mixer_are_not_taken_for_those_of_imitation():
    values = "x2c_msgs/msg/ControlValues"
    named = {"/left/mixer/control_values": values, "/left/control_values": values}
    assert parts_of(named, {}) == {
        "/left/mixer/control_values": Part.MIXED_CONTROLS,
        "/left/control_values": Part.CONTROLS,
    }
    # Of others, only imitation's are guessed.
    others = {"/left/control_values": values, "/mine": values}
    assert parts_of(others, {}) == {"/left/control_values": Part.CONTROLS}


def test_a_topic_of_another_type_plays_no_part():
    assert parts_of({"/face": "std_msgs/msg/String"}, {}) == {}
