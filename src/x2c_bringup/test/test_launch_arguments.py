# SPDX-License-Identifier: Apache-2.0
"""The launch files' arguments and nodes, where launch itself is not installed."""

import pytest

from x2c_bringup.errors import GraphError
from x2c_bringup.graph.options import backend_option_texts, option_texts
from x2c_bringup.graph.replay import replay_texts
from x2c_bringup.launching.launch_arguments import (
    imitation_arguments,
    imitation_nodes,
    replay_arguments,
    replay_options,
)

PIPELINE = (
    "camera_node",
    "face_tracker_node",
    "imitation_node",
    "face_mixer_node",
    "actuation_node",
)


def nodes(**given):
    """Return the nodes by name, as launch gives the arguments: all of them, as texts."""
    texts = {one.name: one.default for one in imitation_arguments()} | given
    return {one.name: one for one in imitation_nodes(texts)}


def test_every_option_of_the_graph_is_an_argument_with_a_description():
    arguments = {one.name: one for one in imitation_arguments()}
    options = {one.name for one in (*option_texts(), *backend_option_texts())}
    assert set(arguments) == options | {"discovery_range"}
    assert all(one.description.endswith(".") for one in arguments.values())
    assert arguments["params_file"].default == ""
    assert arguments["discovery_range"].variable == "ROS_AUTOMATIC_DISCOVERY_RANGE"
    assert all(one.default in one.choices for one in arguments.values() if one.choices)


def test_a_replay_has_no_camera_and_must_be_given_a_bag():
    arguments = {one.name: one for one in replay_arguments()}
    assert {one.name for one in replay_texts()} <= set(arguments)
    assert {"robot", "backend", "record", "namespace", "discovery_range"} <= set(arguments)
    assert not {"filename", "video_device", "camera", "use_sim_time"} & set(arguments)
    assert [name for name, one in arguments.items() if one.default is None] == ["bag"]


def test_defaults_start_the_whole_pipeline():
    found = nodes()
    assert tuple(found) == (*PIPELINE, "virtual_face_node")
    # What the user leaves open is said by a parameter file or by a launch file around this one.
    assert {one.params_file for one in found.values()} == {""}
    assert found.pop("actuation_node").parameters == {"mixer": True}
    assert all(one.parameters == {} for one in found.values())
    assert all(one.remappings == () for one in found.values())


@pytest.mark.parametrize(
    ("given", "node", "parameters"),
    [
        (
            {"filename": "performer", "loop": "true"},
            "camera_node",
            {"filename": "performer", "loop": True},
        ),
        ({"video_device": "0"}, "camera_node", {"video_device": "0", "filename": ""}),
        ({"backend": "x2cnet"}, "imitation_node", {"backend": "x2cnet"}),
        ({"robot": "virtual"}, "imitation_node", {"robot": "virtual"}),
        ({"mixer": "false"}, "actuation_node", {}),
        ({"autostart": "false"}, "imitation_node", {"autostart": False}),
        ({"use_sim_time": "true"}, "face_tracker_node", {"use_sim_time": True}),
        ({"loop": "false"}, "camera_node", {"loop": False}),
        ({"use_sim_time": "false"}, "face_tracker_node", {"use_sim_time": False}),
        ({"record": "out"}, "recorder_node", {"output": "out", "mixer": True}),
        ({"mirror": "true"}, "imitation_node", {"mirror": True}),
        ({"rotate": "180"}, "camera_node", {"rotate": 180}),
        ({"rotate": "180"}, "face_tracker_node", {"rotate": 0}),
        ({"rotate": "90", "camera": "false"}, "face_tracker_node", {"rotate": 90}),
    ],
)
def test_arguments_become_parameters_of_their_nodes(given, node, parameters):
    assert nodes(**given)[node].parameters == parameters


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"camera": "false"}, (*PIPELINE[1:], "virtual_face_node")),
        ({"face": "false"}, PIPELINE),
        ({"record": "out"}, (*PIPELINE, "virtual_face_node", "recorder_node")),
        ({"frames": "true"}, (*PIPELINE, "virtual_face_node", "face_frames_node")),
        (
            {"description": "true"},
            (*PIPELINE, "virtual_face_node", "face_frames_node", "robot_state_publisher"),
        ),
    ],
)
def test_arguments_choose_the_nodes(given, names):
    assert tuple(nodes(**given)) == names


def test_topics_follow_the_drivers_and_names_the_namespace():
    found = nodes(camera="false", image_topic="/eye/image", namespace="left")
    remappings = dict(found["face_tracker_node"].remappings)
    assert remappings["image_raw"] == "/eye/image"
    assert remappings["image_raw/compressed"] == "/eye/image/compressed"
    assert remappings["camera_info"] == "/eye/camera_info"
    assert {one.full_name.rpartition("/")[0] for one in found.values()} == {"/left"}


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"camera": "perhaps"}, "camera: expected true or false, got 'perhaps'"),
        ({"log_level": "loud"}, "log_level: expected one of"),
        ({"camera": "false", "filename": "a.mp4"}, "filename: has no effect"),
        ({"colour": "red"}, "unknown option 'colour'"),
        ({"rotate": "45"}, "rotate: expected one of '', '0', '90', '180', '270', got '45'"),
    ],
)
def test_arguments_that_cannot_be_are_refused_by_name(given, reason):
    with pytest.raises(GraphError, match=reason):
        nodes(**given)


def test_arguments_of_a_replay_reach_the_graph_and_the_player():
    texts = {one.name: one.default for one in replay_arguments()}
    graph, replay, player = replay_options(
        texts
        | {"bag": "a.mcap", "rate": "2", "loop": "true", "face": "false", "robot": "virtual"}
        | {"rotate": "180", "mirror": "true", "neutral_file": "rest.png"}
    )
    assert (graph.robot, graph.face, graph.params_file) == ("virtual", False, "")
    assert (graph.rotate, graph.mirror, graph.neutral_file) == ("180", True, "rest.png")
    assert (replay.bag, replay.rate, replay.loop) == ("a.mcap", 2.0, True)
    assert player == texts["player"]
    with pytest.raises(GraphError, match="rate: expected a number"):
        replay_options(texts | {"bag": "a.mcap", "rate": "fast"})
