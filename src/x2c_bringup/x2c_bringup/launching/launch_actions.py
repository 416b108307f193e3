# SPDX-License-Identifier: Apache-2.0
"""Launch actions of the graph's nodes; only launch files need it, and only they have launch."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from launch import LaunchContext, LaunchDescriptionEntity, Substitution
from launch.actions import (
    DeclareLaunchArgument,
    EmitEvent,
    RegisterEventHandler,
    SetEnvironmentVariable,
)
from launch.event_handler import BaseEventHandler
from launch.event_handlers import OnProcessExit, OnShutdown
from launch.events import Shutdown, matches_action
from launch.events.process import ProcessExited, SignalProcess
from launch.logging import get_logger
from launch.substitutions import EnvironmentVariable, LaunchConfiguration
from launch_ros.actions import LifecycleNode, Node
from launch_ros.ros_adapters import get_ros_node
from launch_ros.utilities import make_namespace_absolute, prefix_namespace

from x2c_bringup.checks.ends import LongestEnds
from x2c_bringup.checks.other_graph import refuse_held, refuse_second
from x2c_bringup.checks.preflight import check_graph
from x2c_bringup.checks.unheard import unheard
from x2c_bringup.errors import NodeEndedError
from x2c_bringup.graph.argument_file import argument_file
from x2c_bringup.graph.node_specs import NodeSpec, companions, program
from x2c_bringup.launching.launch_arguments import LaunchArgument
from x2c_bringup.shared_files import PROFILE_VARIABLE, RANGE_VARIABLE, chosen_profile
from x2c_node.launcher import LAUNCHER_VARIABLE
from x2c_node.parameter_file import ParameterFile

_RESPAWN_DELAY = 2.0
"""Time before a node that has failed starts again [s]."""


def declaration(argument: LaunchArgument) -> DeclareLaunchArgument:
    """Return the action that declares an argument of a launch file."""
    default = argument.default
    return DeclareLaunchArgument(
        argument.name,
        default_value=EnvironmentVariable(argument.variable, default_value=default)
        if argument.variable
        else default,
        description=argument.description,
        choices=list(argument.choices) or None,
    )


def middleware_settings(context: LaunchContext) -> list[SetEnvironmentVariable]:
    """Return the actions that set the middleware up for the argument `discovery_range`."""
    reach = LaunchConfiguration("discovery_range").perform(context)
    profile = chosen_profile({**context.environment, RANGE_VARIABLE: reach})
    return [
        SetEnvironmentVariable(RANGE_VARIABLE, reach),
        SetEnvironmentVariable(PROFILE_VARIABLE, profile),
    ]


def surrounded(spec: NodeSpec, configurations: Mapping[str, Any]) -> NodeSpec:
    """Return a node as it will run inside launch files that push a namespace or set parameters.

    Args:
        spec: The node.
        configurations: Launch configurations; launch_ros keeps there what surrounds an include.

    Raises:
        ParameterFileError: A file of parameters around the include cannot be read.
    """
    namespace = prefix_namespace(configurations.get("ros_namespace"), spec.namespace)
    spec = replace(spec, namespace=make_namespace_absolute(namespace) or "")
    parameters: dict[str, Any] = {}
    for one in configurations.get("global_params", ()):
        if isinstance(one, tuple):
            parameters |= {one[0]: one[1]}
        else:
            parameters |= ParameterFile(Path(one)).of(spec.full_name)
    return replace(spec, surrounding=parameters)


class GraphActions:
    """Make the actions that start the nodes of a graph, and wait for their ends.

    Args:
        specs: Specifications of the nodes.
        context: Context of the launch.

    Raises:
        GraphError: A node could not start, or another graph runs already; nothing is started.
    """

    def __init__(self, specs: Sequence[NodeSpec], context: LaunchContext) -> None:
        specs = [surrounded(spec, context.launch_configurations) for spec in specs]
        self._specs = specs
        # Others are discovered meanwhile.
        began = time.monotonic()
        node = get_ros_node(context)
        check_graph(specs)
        if warning := unheard(specs):
            get_logger("x2c").warning(warning)
        self._ends = LongestEnds(specs)
        refuse_held(specs, node.context.get_domain_id())
        refuse_second(specs, node, ours=0, since=began)
        # What the ease takes can be changed while the nodes run.
        self._ends.listen(node)
        self._folder = Path(tempfile.mkdtemp(prefix="x2c_parameters_"))
        atexit.register(shutil.rmtree, self._folder, ignore_errors=True)

    def of(
        self, spec: NodeSpec, on_exit: Any = None, **parameters: Any
    ) -> list[LaunchDescriptionEntity]:
        """Return the actions that start a node of the graph as a process and end it.

        There are none for a node that runs in the process of another one.

        Args:
            spec: The node.
            on_exit: Actions for its end.
            parameters: Beside its own.
        """
        if spec.host:
            return []
        spec = replace(spec, parameters={**spec.parameters, **parameters})
        beside = companions(spec, self._specs)
        own = [argument_file(one, self._folder) for one in (spec, *beside)]
        files = [spec.params_file, *own]
        package, executable, arguments = program(spec, beside)
        kind = LifecycleNode if spec.is_ours else Node
        action = kind(
            package=package,
            executable=executable,
            arguments=arguments,
            name=spec.name,
            namespace=spec.namespace,
            parameters=[file for file in files if file],
            remappings=spec.remappings,
            ros_arguments=["--log-level", spec.log_level],
            output="screen",
            emulate_tty=True,
            on_exit=on_exit,
            respawn=spec.respawn,
            respawn_delay=_RESPAWN_DELAY if spec.respawn else None,
            additional_env={LAUNCHER_VARIABLE: str(os.getpid())},
            # None leaves room for launch's own prefix, such as a debugger.
            prefix=None if spec.is_ours else " ".join(tied()) or None,
            sigterm_timeout=LaunchConfiguration(
                "sigterm_timeout", default=[_LongestEnd(self._ends, spec.name)]
            ),
        )
        if not spec.is_ours:
            return [action]

        def interrupt(event: Shutdown, context: LaunchContext) -> EmitEvent | None:
            # Where launch heard the signal alone, as by `kill -INT`, it takes the terminal to
            # have sent it to the nodes too.
            heard = event.due_to_sigint and not context.noninteractive
            started = action.process_details is not None and "pid" in action.process_details
            if not (heard and started and action.return_code is None):
                return None
            return EmitEvent(
                event=SignalProcess(signal_number="SIGINT", process_matcher=matches_action(action))
            )

        handlers: list[BaseEventHandler] = [OnShutdown(on_shutdown=interrupt)]
        if not spec.respawn:
            end_all = partial(_end_all_at_failure, spec.name)
            handlers.append(OnProcessExit(target_action=action, on_exit=end_all))
        return [action, *map(RegisterEventHandler, handlers)]


def _end_all_at_failure(name: str, event: ProcessExited, context: LaunchContext) -> None:
    """End the launch where a node has failed, so that a service manager starts all again.

    Raises:
        NodeEndedError: It has. launch reports it, ends all other nodes in order, and itself with
            exit status 1, which no action of its own asks for.
    """
    if event.returncode and not context.is_shutdown:
        raise NodeEndedError(
            f"{name} has ended with exit status {event.returncode}, so that all "
            "others end too: see what it logged before"
        )


class _LongestEnd(Substitution):
    """The longest time that a node takes to end, as things are when it is to end.

    Args:
        ends: Such times.
        name: Name of the node.
    """

    def __init__(self, ends: LongestEnds, name: str) -> None:
        super().__init__()
        self._ends = ends
        self._name = name

    def describe(self) -> str:
        """Return what launch prints of it."""
        return f"longest end of {self._name}"

    def perform(self, context: LaunchContext) -> str:
        """Return the time [s] as a text."""
        return f"{self._ends[self._name]:g}"


def tied() -> list[str]:
    """Return words before a command that end a program of others with its launch."""
    return ["setpriv", "--pdeathsig", "INT"] if shutil.which("setpriv") else []
