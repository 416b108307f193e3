# SPDX-License-Identifier: Apache-2.0
"""Starts the nodes that let a robot's face imitate a person, each as a process of its own."""

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.substitutions import EnvironmentVariable, LaunchConfiguration

from x2c_bringup.graph import build_graph
from x2c_bringup.launch_actions import GraphActions, middleware_settings
from x2c_bringup.options import GraphOptions, option_texts
from x2c_bringup.shared_files import (
    RANGE_VARIABLE,
    default_params_file,
)


def generate_launch_description() -> LaunchDescription:
    """Return the arguments, the middleware's settings and the nodes."""
    defaults = {"params_file": str(default_params_file())}
    arguments = [
        DeclareLaunchArgument(
            option.name,
            default_value=defaults.get(option.name, option.default),
            description=option.description,
            choices=list(option.choices) or None,
        )
        for option in option_texts()
    ]
    discovery = DeclareLaunchArgument(
        "discovery_range",
        default_value=EnvironmentVariable(RANGE_VARIABLE, default_value="LOCALHOST"),
        description="Who may find the nodes: LOCALHOST, this machine only, or SUBNET.",
        choices=["LOCALHOST", "SUBNET", "OFF", "SYSTEM_DEFAULT"],
    )
    return LaunchDescription(
        [
            *arguments,
            discovery,
            OpaqueFunction(function=middleware_settings),
            OpaqueFunction(function=_nodes),
        ]
    )


def _nodes(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    names = [option.name for option in option_texts()]
    options = GraphOptions.from_texts(
        {name: LaunchConfiguration(name).perform(context) for name in names}
    )
    specs = build_graph(options)
    graph = GraphActions(specs, context)
    return [action for spec in specs for action in graph.of(spec)]
