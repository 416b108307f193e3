# SPDX-License-Identifier: Apache-2.0
import dataclasses
import importlib
import itertools
import os
import subprocess
import sys
from pathlib import Path

import pytest
from ament_index_python import get_package_prefix

from x2c_bringup.errors import ConfigureError, GraphError
from x2c_bringup.graph.node_specs import build_graph, companions
from x2c_bringup.graph.options import GraphOptions
from x2c_bringup.run.composed import make_node
from x2c_bringup.run.processes import command_line


def names(**options):
    return [node.name for node in build_graph(GraphOptions(**options))]


def parameters(mixer=False, **options):
    nodes = build_graph(GraphOptions(mixer=mixer, **options))
    return {node.name: dict(node.parameters) for node in nodes}


def test_nodes_come_in_the_order_of_the_data():
    assert names(record="out") == [
        "camera_node",
        "face_tracker_node",
        "imitation_node",
        "face_mixer_node",
        "actuation_node",
        "virtual_face_node",
        "recorder_node",
    ]


def test_camera_face_and_recorder_can_be_left_out():
    assert names(camera=False, face=False) == [
        "face_tracker_node",
        "imitation_node",
        "face_mixer_node",
        "actuation_node",
    ]


def test_mixer_comes_between_imitation_and_actuation_unless_it_is_left_out():
    chosen = parameters(mixer=True, record="out")
    assert chosen["actuation_node"]["mixer"] is chosen["recorder_node"]["mixer"] is True
    assert names(mixer=False, camera=False, face=False) == [
        "face_tracker_node",
        "imitation_node",
        "actuation_node",
    ]
    assert "mixer" not in parameters()["actuation_node"]


def hosts(**options):
    """Nodes that run in the process of another one, with its name."""
    return {node.name: node.host for node in build_graph(GraphOptions(**options)) if node.host}


MOVING = {"face_mixer_node": "actuation_node"}
SEEING = {"camera_node": "face_tracker_node", "imitation_node": "face_tracker_node"}


def test_what_sees_shares_a_process_and_what_moves_another():
    assert hosts() == SEEING | MOVING
    assert hosts(camera=False) == {"imitation_node": "face_tracker_node"} | MOVING
    assert hosts(mixer=False) == SEEING
    assert hosts(use_composition=False) == {}


def test_a_backend_that_may_be_slow_has_a_process_of_its_own(tmp_path):
    file = tmp_path / "p.yaml"
    file.write_text("r1: {imitation_node: {ros__parameters: {backend: x2cnet}}}")
    alone = {"camera_node": "face_tracker_node"} | MOVING
    assert hosts(backend="x2cnet") == alone
    assert hosts(params_file=str(file), namespace="r1") == alone
    assert hosts(params_file=str(file), namespace="r1", backend="solver") == SEEING | MOVING
    assert hosts(params_file=str(file)) == SEEING | MOVING
    # The node refuses it.
    assert hosts(params_file=str(tmp_path / "none.yaml")) == alone


def test_a_process_is_told_whom_it_runs(tmp_path):
    specs = build_graph(GraphOptions(namespace="r1", autostart=False))
    spec = {one.name: one for one in specs}
    beside = companions(spec["actuation_node"], specs)
    assert beside == (spec["face_mixer_node"],)
    program, *words = command_line(spec["actuation_node"], tmp_path, beside)
    assert program.endswith("/lib/x2c_bringup/actuation_with_mixer")
    assert words[:4] == ["face_mixer_node", "--ros-args", "-r", "__node:=actuation_node"]
    assert str(tmp_path / "face_mixer_node.yaml") in words
    beside = companions(spec["face_tracker_node"], specs)
    program, *words = command_line(spec["face_tracker_node"], tmp_path, beside)
    assert program.endswith("/lib/x2c_bringup/perception")
    assert words[:3] == ["camera_node", "imitation_node", "--ros-args"]
    assert not companions(spec["virtual_face_node"], specs)


def test_sources_bring_the_mixer_along():
    shared = {"idle": True, "blendshapes": "vmc", "speech": True}
    for name, value in shared.items():
        assert "face_mixer_node" in names(**{name: value})
    assert names(**shared)[-3:] == ["idle_node", "blendshape_node", "speech_node"]
    chosen = {n.name: n.parameters for n in build_graph(GraphOptions(**shared, mirror=True))}
    assert chosen["blendshape_node"] == {"format": "vmc", "mirror": True}
    assert {"idle_node", "blendshape_node", "speech_node"}.isdisjoint(names())


def test_the_person_is_published_for_others_only_when_asked_for():
    assert "humans_node" not in {node.name for node in build_graph(GraphOptions())}
    (node,) = [one for one in build_graph(GraphOptions(humans=True)) if one.name == "humans_node"]
    assert node.class_path == "x2c_perception.humans_node:HumansNode"


def test_a_microphone_brings_speech_along():
    (node,) = (
        one
        for one in build_graph(GraphOptions(mixer=False, microphone="USB"))
        if one.name == "speech_node"
    )
    assert node.parameters["microphone"] == "USB"
    assert "face_mixer_node" in names(mixer=False, microphone="USB")


def test_a_robot_with_motors_gets_their_driver_in_place_of_the_virtual_face():
    assert "virtual_face_node" in names(robot="virtual")
    assert "motor_driver_node" not in names(robot="virtual")
    assert "motor_driver_node" in names(robot="ameca")
    assert "virtual_face_node" not in names(robot="ameca")
    assert "motor_driver_node" not in names(robot="ameca", face=False)


def test_what_the_user_does_not_say_is_left_to_the_parameter_file():
    assert all(not given for given in parameters().values())


def test_each_choice_reaches_the_nodes_it_concerns():
    given = parameters(
        filename="talk.mp4",
        loop=True,
        robot="ameca",
        backend="x2cnet",
        image_transport="compressed",
    )
    assert given == {
        "camera_node": {"filename": "talk.mp4", "loop": True},
        "face_tracker_node": {"image_transport": "compressed"},
        "imitation_node": {"robot": "ameca", "backend": "x2cnet"},
        "actuation_node": {"robot": "ameca"},
        "motor_driver_node": {"robot": "ameca"},
    }
    assert parameters(record="out")["recorder_node"] == {"output": "out"}


def test_time_and_autostart_reach_all_nodes():
    given = parameters(use_sim_time=True, autostart=False)
    assert all(node == {"use_sim_time": True, "autostart": False} for node in given.values())


@pytest.mark.parametrize("robot", ["b", "ameca"])
def test_every_parameter_given_is_one_of_the_node(robot):
    options = GraphOptions(
        filename="a",
        video_device="0",
        robot=robot,
        backend="c",
        image_transport="raw",
        record="d",
        autostart=False,
    )
    for node in build_graph(options):
        module, _, class_name = node.class_path.partition(":")
        node_class = getattr(importlib.import_module(module), class_name)
        (base,) = node_class.__orig_bases__
        known = {field.name for field in dataclasses.fields(base.__args__[0])}
        assert set(node.parameters) <= known


def test_every_executable_is_installed():
    for node in build_graph(GraphOptions(record="out")) + build_graph(GraphOptions(robot="ameca")):
        assert Path(
            get_package_prefix(node.package), "lib", node.package, node.executable
        ).exists()


@pytest.mark.parametrize(
    ("topic", "info"),
    [
        ("/cam/image_raw", "/cam/camera_info"),
        ("cam/rgb/image", "cam/rgb/camera_info"),
        ("image", "camera_info"),
        ("/image", "/camera_info"),
    ],
)
def test_topics_of_a_camera_move_together(topic, info):
    for node in build_graph(GraphOptions(image_topic=topic)):
        assert dict(node.remappings) == {
            "image_raw": topic,
            "image_raw/compressed": f"{topic}/compressed",
            "camera_info": info,
        }


@pytest.mark.parametrize("namespace", ["robot1", "/robot1", "robot1/"])
def test_full_names_have_the_namespace(namespace):
    full_names = [node.full_name for node in build_graph(GraphOptions(namespace=namespace))]
    assert full_names[0] == "/robot1/camera_node"


def test_a_process_is_told_the_same_as_a_composed_node(tmp_path):
    options = GraphOptions(
        video_device="0", namespace="robot1", params_file="p.yaml", image_topic="/cam/image"
    )
    words = command_line(build_graph(options)[0], tmp_path)
    assert words[0].endswith("lib/x2c_perception/camera_node")
    pairs = list(itertools.pairwise(words))
    for pair in [
        ("-r", "__node:=camera_node"),
        ("-r", "__ns:=/robot1"),
        ("-r", "image_raw:=/cam/image"),
        ("--params-file", "p.yaml"),
        ("--params-file", str(tmp_path / "camera_node.yaml")),
        ("--log-level", "info"),
    ]:
        assert pair in pairs
    assert words.index("p.yaml") < words.index(str(tmp_path / "camera_node.yaml"))


def test_a_switch_that_is_given_is_passed_on_whatever_it_says():
    given = parameters(loop=False, use_sim_time=False, autostart=True)
    assert given["camera_node"] == {"loop": False, "use_sim_time": False, "autostart": True}
    assert given["actuation_node"] == {"use_sim_time": False, "autostart": True}


def test_only_nodes_without_state_start_again():
    options = GraphOptions(respawn=True, record="out", description=True)
    again = {node.name for node in build_graph(options) if node.respawn}
    seeing = {"camera_node", "face_tracker_node", "imitation_node"}
    assert again == {*seeing, "face_frames_node", "robot_state_publisher"}
    assert not any(node.respawn for node in build_graph(GraphOptions()))


def test_a_camera_that_is_given_replaces_a_file_of_the_parameter_file():
    assert parameters(video_device="1")["camera_node"] == {"video_device": "1", "filename": ""}
    both = parameters(video_device="1", filename="performer")["camera_node"]
    assert both == {"video_device": "1", "filename": "performer"}


def test_robot_state_publisher_is_given_the_robots_urdf():
    options = GraphOptions(description=True, namespace="r", use_sim_time=True)
    node = build_graph(options)[-1]
    assert node.full_name == "/r/robot_state_publisher"
    assert not node.is_ours
    assert node.parameters["robot_description"].startswith("<?xml")
    assert node.parameters["use_sim_time"]
    with pytest.raises(ConfigureError, match="use the launch file"):
        make_node(node)


def test_the_camera_hangs_on_the_root_of_a_described_robot_unless_the_file_says_where(tmp_path):
    def frames(**options):
        nodes = {node.name: node for node in build_graph(GraphOptions(**options))}
        return nodes["face_frames_node"].parameters

    assert frames(description=True) == {"parent_frame": "torso_link"}
    assert frames(frames=True) == {}
    file = tmp_path / "p.yaml"
    file.write_text("face_frames_node: {ros__parameters: {parent_frame: neck}}")
    assert frames(description=True, params_file=str(file)) == {}


def test_a_robot_without_urdf_cannot_be_described(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "robot.yaml").write_text("")
    with pytest.raises(GraphError, match=r"has no URDF, expected .*mine/mine\.urdf"):
        build_graph(GraphOptions(description=True, robot=str(folder)))


@pytest.mark.process
def test_the_description_of_the_graph_needs_no_ros():
    program = "import x2c_bringup.graph.node_specs, sys; print('rclpy' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=400
    )
    assert done.stdout.strip() == "False"


def test_a_pipe_or_a_folder_as_parameter_file_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "mine.yaml")
    with pytest.raises(GraphError, match=r"params_file: cannot read .*: it is a named pipe"):
        build_graph(GraphOptions(params_file=str(tmp_path / "mine.yaml")))
    with pytest.raises(GraphError, match=r"params_file: cannot read .*: Is a directory"):
        build_graph(GraphOptions(params_file=str(tmp_path)))
