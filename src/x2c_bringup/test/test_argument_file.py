# SPDX-License-Identifier: Apache-2.0
"""What was chosen for a node wins over its parameter file, as ROS itself reads both."""

import pytest
import rclpy
from rclpy.node import Node

from x2c_bringup.graph.argument_file import argument_file
from x2c_bringup.graph.node_specs import NodeSpec

CHOSEN = {"loop": False, "filename": "", "robot": "1e3", "rate": 0.5, "name": "\N{ROBOT FACE} ß\n"}
OTHER = "{loop: true, filename: a.mp4, robot: virtual, rate: 2.0, name: x, kept: 7}"


def overrides(spec, files):
    context = rclpy.Context()
    words = [word for file in files for word in ("--params-file", str(file))]
    rclpy.init(context=context)
    node = Node(
        spec.name,
        namespace=spec.namespace,
        context=context,
        cli_args=["--ros-args", *words],
        use_global_arguments=False,
    )
    try:
        return {name: one.value for name, one in node._parameter_overrides.items()}
    finally:
        node.destroy_node()
        context.shutdown()


@pytest.mark.ros
@pytest.mark.parametrize("namespace", ["", "/robot1", "/lab/robot1"])
@pytest.mark.parametrize(
    "blocks",
    [
        ["/**/eye"],
        ["/**"],
        ["{full}", "/**"],
        ["/**/eye", "/**", "{full}"],
        ["/**", "/**/eye"],
    ],
)
def test_an_argument_wins_over_every_block_of_a_file(tmp_path, namespace, blocks):
    spec = NodeSpec("pkg", "eye", "", "eye", namespace=namespace, parameters=CHOSEN)
    file = tmp_path / "mine.yaml"
    names = [name.format(full=spec.full_name) for name in blocks]
    file.write_text("".join(f"{name}:\n  ros__parameters: {OTHER}\n" for name in names))
    found = overrides(spec, [file, argument_file(spec, tmp_path)])
    assert found == CHOSEN | {"kept": 7}


def test_a_node_of_which_nothing_was_chosen_has_no_file(tmp_path):
    assert argument_file(NodeSpec("pkg", "eye", "", "eye"), tmp_path) == ""
    assert list(tmp_path.iterdir()) == []
