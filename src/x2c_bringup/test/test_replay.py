# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import numpy as np
import pytest
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

from x2c_bags.errors import BagError, TopicError
from x2c_bringup.errors import GraphError
from x2c_bringup.graph.options import GraphOptions
from x2c_bringup.graph.recording import recording_folder
from x2c_bringup.graph.replay import (
    ReplayOptions,
    build_replay,
    choose_player,
    player_node,
    replay_texts,
    rosbag2_command,
)

TYPES = get_typestore(Stores.ROS2_KILTED)
IMAGE = "sensor_msgs/msg/Image"
COMPRESSED = "sensor_msgs/msg/CompressedImage"
INFO = "sensor_msgs/msg/CameraInfo"


def bag(folder, *topics):
    """Write a bag with one empty image on each topic, and a calibration beside it."""
    with Writer(folder, version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        for topic in topics:
            kind = COMPRESSED if topic.endswith("compressed") else IMAGE
            time = TYPES.types["builtin_interfaces/msg/Time"](1, 0)
            header = TYPES.types["std_msgs/msg/Header"](time, "camera")
            data = np.zeros(0, np.uint8)
            fields = ("", data) if kind == COMPRESSED else (0, 0, "bgr8", 0, 0, data)
            message = TYPES.serialize_cdr(TYPES.types[kind](header, *fields), kind)
            connection = writer.add_connection(topic, kind, typestore=TYPES)
            writer.write(connection, 10**9, message)
            base = topic.removesuffix("/compressed").rpartition("/")[0]
            writer.add_connection(f"{base}/camera_info", INFO, typestore=TYPES)
    return folder


def test_only_the_camera_is_played_and_all_the_rest_recomputed(tmp_path):
    made = build_replay(
        GraphOptions(namespace="r1", record="out", robot="virtual"),
        ReplayOptions(str(bag(tmp_path / "bag", "/cam/image_raw/compressed")), rate=2.0),
    )
    assert [node.name for node in made.nodes] == [
        "face_tracker_node",
        "imitation_node",
        "face_mixer_node",
        "actuation_node",
        "virtual_face_node",
        "recorder_node",
    ]
    assert all(node.parameters["use_sim_time"] is True for node in made.nodes)
    assert made.nodes[0].parameters["image_transport"] == "compressed"
    assert made.player.parameters == {
        "bag": str(tmp_path / "bag"),
        "topic": "/cam/image_raw/compressed",
        "rate": 2.0,
    }
    assert {node.namespace for node in (made.player, *made.nodes)} == {"r1"}
    assert made.finished


def test_rosbag2_plays_the_camera_to_the_graphs_own_topics(tmp_path):
    asked = ReplayOptions(str(bag(tmp_path / "bag", "/cam/image_raw")), rate=0.5, loop=True)
    made = build_replay(GraphOptions(), asked)
    assert rosbag2_command(made, asked, "/r1/left/") == [
        *("ros2", "bag", "play", str(tmp_path / "bag")),
        *("--clock", "200", "--rate", "0.5", "--delay", "10"),
        *("--loop", "--disable-keyboard-controls"),
        *("--topics", "/cam/image_raw", "/cam/camera_info"),
        *("--remap", "/cam/image_raw:=/r1/left/image_raw"),
        "/cam/camera_info:=/r1/left/camera_info",
    ]


def test_topics_that_fit_are_not_remapped(tmp_path):
    asked = ReplayOptions(str(bag(tmp_path / "bag", "/image_raw/compressed")))
    made = build_replay(GraphOptions(), asked)
    assert "--remap" not in rosbag2_command(made, asked, "")


def test_rosbag2_is_given_the_bag_in_what_a_run_has_left(tmp_path):
    (tmp_path / "run").mkdir()
    bag(tmp_path / "run" / "bag", "/image_raw")
    asked = ReplayOptions(str(tmp_path / "run"))
    made = build_replay(GraphOptions(), asked)
    assert rosbag2_command(made, asked, "")[3] == str(tmp_path / "run" / "bag")
    assert made.finished


def test_the_player_that_waits_for_the_nodes_plays_unless_another_is_asked_for(tmp_path):
    asked = ReplayOptions(str(bag(tmp_path / "bag", "/image_raw")))
    made = build_replay(GraphOptions(), asked)
    assert choose_player("auto", made)[0] == "x2c"
    assert choose_player("x2c", made)[0] == "x2c"
    assert choose_player("rosbag2", made)[0] == "rosbag2"


def test_a_bag_that_was_not_finished_is_nothing_for_rosbag2(tmp_path):
    asked = ReplayOptions(str(bag(tmp_path / "bag", "/image_raw")))
    (tmp_path / "bag" / "metadata.yaml").unlink()
    made = build_replay(GraphOptions(), asked)
    assert not made.finished
    assert choose_player("auto", made)[0] == "x2c"
    with pytest.raises(GraphError, match=r"metadata\.yaml.*player:=x2c"):
        choose_player("rosbag2", made)


def test_options_are_read_from_texts():
    texts = {one.name: one.default for one in replay_texts()}
    assert ReplayOptions.from_texts(texts | {"bag": "b"}) == ReplayOptions("b")
    given = ReplayOptions.from_texts(texts | {"bag": "b", "rate": "2", "loop": "true"})
    assert given == ReplayOptions("b", "", 2.0, True)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ({}, {"bag": "b"}),
        ({"loop": "false", "rate": "1"}, {"bag": "b", "loop": False, "rate": 1.0}),
        ({"loop": "1"}, {"bag": "b", "loop": True}),
    ],
)
def test_what_is_given_wins_over_the_parameter_file_and_nothing_else_does(texts, expected):
    defaults = {one.name: one.default for one in replay_texts()} | {"bag": "b"}
    player = player_node(GraphOptions(), ReplayOptions.from_texts(defaults | texts))
    assert player.parameters == expected


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        ({"bag": ""}, "bag: expected the folder"),
        ({"rate": "fast"}, "rate: expected a number, got 'fast'"),
        ({"rate": "0"}, "rate: expected 0.01 to 100"),
        ({"rate": "nan"}, "rate: expected 0.01 to 100"),
        ({"loop": "perhaps"}, "loop: expected true or false, got 'perhaps'"),
    ],
)
def test_options_that_cannot_be_are_refused(texts, reason):
    with pytest.raises(GraphError, match=reason):
        ReplayOptions.from_texts({"bag": "b", "topic": "", "rate": "1", "loop": "false"} | texts)


def test_what_cannot_be_played_is_refused(tmp_path):
    with pytest.raises(BagError, match="no bag at"):
        build_replay(GraphOptions(), ReplayOptions(str(tmp_path / "nowhere")))
    several = bag(tmp_path / "bag", "/l/image_raw", "/r/image_raw")
    with pytest.raises(TopicError, match=r"/l/image_raw.*/r/image_raw"):
        build_replay(GraphOptions(), ReplayOptions(str(several)))


@pytest.mark.parametrize("none", ["", "false", "False"])
def test_nothing_is_recorded_without_a_wish(none):
    assert recording_folder(none) == ""


def test_true_is_a_new_folder_and_else_it_is_the_folder_named():
    assert Path(recording_folder("true")).parent == Path("recordings")
    assert recording_folder("out/me") == "out/me"
