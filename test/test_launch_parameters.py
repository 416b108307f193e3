# SPDX-License-Identifier: Apache-2.0
"""Parameters under the real launch: of arguments, of a file, and of a launch file around ours."""

import sys

import pytest

from x2c_bringup.shared_files import shared_file

pytest.importorskip("launch_ros", reason="launch_ros is not on PyPI; it comes with ROS 2 from apt")

AROUND = """
import sys
from launch import LaunchDescription, LaunchService
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch_ros.actions import SetParameter
file, *arguments = sys.argv[1:]
given = [tuple(one.split(":=")) for one in arguments]
service = LaunchService(noninteractive=True)
service.include_launch_description(
    LaunchDescription(
        [
            SetParameter("mirror", True),
            SetParameter("colour", "red"),
            SetParameter("hold_time", 0.25),
            SetParameter("ease_time", 2.5),
            IncludeLaunchDescription(
                PythonLaunchDescriptionSource(file), launch_arguments=given
            ),
        ]
    )
)
sys.exit(service.run())
"""

FILE = """
/**/imitation_node:
  ros__parameters:
    hold_time: 0.75
/**:
  ros__parameters:
    loop: true
    filename: performer
    use_sim_time: true
"""


def test_arguments_go_before_the_file_which_goes_before_what_is_around(
    node_process, ros, tmp_path, wait_until
):
    params = tmp_path / "mine.yaml"
    params.write_text(FILE)
    given = {
        "params_file": params,
        "loop": "false",
        "use_sim_time": "false",
        "autostart": "false",
        "face": "false",
    }
    words = [f"{name}:={value}" for name, value in given.items()]
    launch = str(shared_file("launch", "imitation.launch.py"))
    process = node_process(command=[sys.executable, "-c", AROUND, launch, *words])
    for node in ("camera_node", "imitation_node", "actuation_node"):
        wait_until(lambda node=node: ros.state(node) == "unconfigured", what=node)
    assert ros.get_parameters("camera_node", "filename", "loop", "use_sim_time") == [
        *("performer", False, False)
    ]
    assert ros.get_parameters("imitation_node", "mirror", "hold_time", "ease_time") == [
        *(True, 0.75, 2.5)
    ]
    assert ros.get_parameters("actuation_node", "ease_time", "autostart") == [2.5, False]
    assert process.stop(timeout=60.0) == 0, process.output
    assert "ignores parameters" not in process.output
    assert process.output.count("no node has these parameters: colour") == 1


def test_checks_see_a_node_as_it_runs_inside_other_launch_files(tmp_path):
    from x2c_bringup.graph.node_specs import NodeSpec
    from x2c_bringup.launching.launch_actions import surrounded

    file = tmp_path / "all.yaml"
    file.write_text("/lab/left/eye: {ros__parameters: {ease_time: 4.0}}")
    around = {"ros_namespace": "/lab", "global_params": [("ease_time", 3.0), str(file)]}
    spec = NodeSpec("pkg", "eye", "", "eye", namespace="left")
    assert surrounded(spec, around).full_name == "/lab/left/eye"
    assert surrounded(spec, around).surrounding == {"ease_time": 4.0}
    assert surrounded(spec, {}).full_name == "/left/eye"
    assert surrounded(NodeSpec("pkg", "eye", "", "eye"), {}).full_name == "/eye"
