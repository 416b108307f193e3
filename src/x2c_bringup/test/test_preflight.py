# SPDX-License-Identifier: Apache-2.0
import dataclasses
import re
import shutil
import stat

import pytest

from x2c_bringup.checks.preflight import check_graph, check_program
from x2c_bringup.errors import GraphError
from x2c_bringup.graph.node_specs import build_graph
from x2c_bringup.graph.options import GraphOptions
from x2c_bringup.shared_files import default_params_file
from x2c_node.robots import find_robot


def graph(**options):
    return build_graph(GraphOptions(**options))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"filename": "performer", "namespace": "/left/robot"},
        {"video_device": "/dev/no_camera_yet"},
        {"params_file": str(default_params_file())},
        {"robot": "ameca"},
        {"image_topic": "/cam/image", "camera": False},
    ],
)
def test_what_can_start_is_not_refused(options):
    check_graph(graph(**options))


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"robot": "nix"}, "unknown robot 'nix'"),
        ({"robot": "/no/robot"}, "no robot at /no/robot"),
        ({"backend": "nix"}, "unknown imitation backend 'nix'"),
        ({"backend": "x2cnet", "robot": "example_twelve"}, "no network for the backend x2cnet"),
        ({"filename": "/no/film.mp4"}, "there is no file /no/film.mp4"),
        ({"namespace": "1 robot"}, "namespace: .*'/1 robot'"),
        ({"image_topic": "an image"}, "image_topic: .*'an image'"),
        ({"params_file": "/no/file.yaml"}, "there is no parameter file /no/file.yaml"),
    ],
)
def test_what_cannot_start_is_refused_with_the_reason(options, reason):
    with pytest.raises(GraphError, match=reason):
        check_graph(graph(**options))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("robot: virtual", "ROS cannot read"),
        ("[", "ROS cannot read"),
        ("/**: {ros__parameters: {robot: nix}}", "unknown robot 'nix'"),
        ("/left/actuation_node: {ros__parameters: {robot: nix}}", "unknown robot 'nix'"),
        ("/**/actuation_node: {ros__parameters: {ease_time: often}}", "ease_time: expected float"),
    ],
)
def test_the_parameter_file_is_read_as_the_nodes_will(tmp_path, text, reason):
    path = tmp_path / "params.yaml"
    path.write_text(text)
    with pytest.raises(GraphError, match=reason):
        check_graph(graph(params_file=str(path), namespace="left"))


def test_what_a_parameter_file_says_to_other_nodes_does_not_count(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text("/right/actuation_node: {ros__parameters: {robot: nix}}")
    check_graph(graph(params_file=str(path), namespace="left"))


def test_several_reasons_are_given_at_once():
    with pytest.raises(GraphError, match=r"no file /no/film.*\nunknown robot 'nix'"):
        check_graph(graph(robot="nix", filename="/no/film.mp4"))


def test_a_bad_driver_section_is_refused(tmp_path):
    folder = tmp_path / "ameca"
    shutil.copytree(find_robot("ameca"), folder)
    file = folder / "robot.yaml"
    file.write_text(re.sub(r"(?m)^driver:\n", "driver:\n  no_such_key: 1\n", file.read_text()))
    with pytest.raises(GraphError, match="no_such_key"):
        check_graph(graph(robot=str(folder)))


def test_a_missing_package_is_named_with_what_to_install(monkeypatch):
    monkeypatch.setenv("ROS_DISTRO", "kilted")
    spec = dataclasses.replace(
        graph()[0], package="no_such_package", executable="nix", class_path=""
    )
    with pytest.raises(GraphError, match="sudo apt install ros-kilted-no-such-package"):
        check_graph([spec])


def test_a_missing_executable_is_named():
    spec = dataclasses.replace(graph()[0], executable="nix")
    with pytest.raises(GraphError, match=r"no executable .*/lib/x2c_perception/nix"):
        check_graph([spec])


def test_a_missing_program_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GraphError, match=r"no program ros2: sudo apt install ros-.*-ros2cli"):
        check_program("ros2", "ros2cli")
    program = tmp_path / "ros2"
    program.touch()
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    check_program("ros2", "ros2cli")
