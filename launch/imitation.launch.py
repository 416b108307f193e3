# SPDX-License-Identifier: Apache-2.0
"""Starts the nodes that let a robot's face imitate a person: what sees, what moves, and others."""

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import OpaqueFunction
from launch.substitutions import LaunchConfiguration

from x2c_bringup.launching.launch_actions import (
    GraphActions,
    declaration,
    middleware_settings,
)
from x2c_bringup.launching.launch_arguments import (
    imitation_arguments,
    imitation_nodes,
)


def generate_launch_description() -> LaunchDescription:
    """Return the arguments, the middleware's settings and the nodes."""
    return LaunchDescription(
        [
            *map(declaration, imitation_arguments()),
            OpaqueFunction(function=middleware_settings),
            OpaqueFunction(function=_nodes),
        ]
    )


def _nodes(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    specs = imitation_nodes(
        {one.name: LaunchConfiguration(one.name).perform(context) for one in imitation_arguments()}
    )
    graph = GraphActions(specs, context)
    return [action for spec in specs for action in graph.of(spec)]
