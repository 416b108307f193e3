# SPDX-License-Identifier: Apache-2.0
import importlib

import pytest
import rclpy
import yaml
from rclpy.node import Node
from rclpy.parameter import parameter_dict_from_yaml_file, parameter_value_to_python

import docs_tables
from x2c_bringup.graph.node_specs import build_graph
from x2c_bringup.graph.options import GraphOptions
from x2c_bringup.graph.replay import ReplayOptions, player_node
from x2c_bringup.shared_files import default_params_file
from x2c_node.parameters import Parameters, specs

MOTORS = build_graph(GraphOptions(robot="ameca"))
NODES = (
    *build_graph(
        GraphOptions(
            record="out", speech=True, idle=True, blendshapes="vmc", frames=True, humans=True
        )
    ),
    *(node for node in MOTORS if node.name == "motor_driver_node"),
    player_node(GraphOptions(), ReplayOptions("bag")),
)


def in_file(block):
    content = yaml.safe_load(default_params_file().read_text())
    return content[block]["ros__parameters"]


def defaults(parameter_class):
    return {name: default for name, (_, default, _) in specs(parameter_class).items()}


@pytest.mark.parametrize("node", NODES, ids=lambda node: node.name)
def test_the_parameter_file_holds_every_default(node):
    module, _, name = node.class_path.partition(":")
    (base,) = getattr(importlib.import_module(module), name).__orig_bases__
    expected = defaults(base.__args__[0])
    if node.name == "imitation_node":
        for options in docs_tables.own_backends().values():
            expected |= defaults(options)
    shared = defaults(Parameters)
    assert shared | in_file(f"/**/{node.name}") == expected


def test_what_all_nodes_share_is_described():
    text = default_params_file().read_text()
    for name, default in defaults(Parameters).items():
        assert f"{name} ({yaml.safe_dump(default).split()[0]}: " in text


def test_the_parameter_file_names_no_other_nodes():
    content = yaml.safe_load(default_params_file().read_text())
    # A block for all nodes would come before what -p gives, and so hide it.
    assert set(content) == {f"/**/{node.name}" for node in NODES}


@pytest.mark.ros
@pytest.mark.parametrize("namespace", ["", "/robot1"])
def test_a_file_that_names_its_nodes_in_full_is_for_launch_and_for_param_load(tmp_path, namespace):
    file = tmp_path / "mine.yaml"
    name = f"{namespace}/actuation_node"
    file.write_text(f"{name}:\n  ros__parameters:\n    gain_mouth: 1.2\n")
    # This is what ros2 param load sends.
    loaded = parameter_dict_from_yaml_file(str(file), True, target_nodes=[name])
    values = {key: parameter_value_to_python(one.value) for key, one in loaded.items()}
    context = rclpy.Context()
    rclpy.init(context=context)
    node = Node(
        "actuation_node",
        namespace=namespace,
        context=context,
        cli_args=["--ros-args", "--params-file", str(file)],
        use_global_arguments=False,
    )
    given = {key: one.value for key, one in node._parameter_overrides.items()}
    node.destroy_node()
    context.shutdown()
    assert values == given == {"gain_mouth": 1.2}
