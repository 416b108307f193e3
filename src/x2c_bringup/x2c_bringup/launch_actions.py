# SPDX-License-Identifier: Apache-2.0
"""Launch actions of the graph's nodes; only launch files need it, and only they have launch."""

from __future__ import annotations

from typing import Any

from launch import LaunchContext
from launch.actions import SetEnvironmentVariable
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import LifecycleNode, Node
from launch_ros.parameter_descriptions import ParameterValue

from x2c_bringup.graph import NodeSpec
from x2c_bringup.shared_files import PROFILE_VARIABLE, RANGE_VARIABLE, chosen_profile


def middleware_settings(context: LaunchContext) -> list[SetEnvironmentVariable]:
    """Return the actions that set the middleware up for the argument `discovery_range`."""
    reach = LaunchConfiguration("discovery_range").perform(context)
    profile = chosen_profile({**context.environment, RANGE_VARIABLE: reach})
    return [
        SetEnvironmentVariable(RANGE_VARIABLE, reach),
        SetEnvironmentVariable(PROFILE_VARIABLE, profile),
    ]


def node_action(spec: NodeSpec, on_exit: Any = None, **parameters: Any) -> Node:
    """Return the action that starts a node of the graph as a process.

    Args:
        spec: The node.
        on_exit: Actions for its end.
        parameters: Beside its own.
    """
    # launch would take the text "0" for a number, so texts are marked as such.
    marked = {
        name: ParameterValue(value, value_type=str) if isinstance(value, str) else value
        for name, value in {**spec.parameters, **parameters}.items()
    }
    kind = LifecycleNode if spec.is_ours else Node
    return kind(
        package=spec.package,
        executable=spec.executable,
        name=spec.name,
        namespace=spec.namespace,
        parameters=[*filter(None, [spec.params_file]), marked],
        remappings=spec.remappings,
        ros_arguments=["--log-level", spec.log_level],
        output="screen",
        emulate_tty=True,
        on_exit=on_exit,
    )
