# SPDX-License-Identifier: Apache-2.0
"""Arguments of the launch files, and the nodes they stand for; needs neither launch nor ROS."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from x2c_bringup.graph.node_specs import NodeSpec, build_graph
from x2c_bringup.graph.options import (
    GraphOptions,
    OptionText,
    backend_option_texts,
    option_texts,
)
from x2c_bringup.graph.replay import ReplayOptions, replay_texts
from x2c_bringup.shared_files import RANGE_VARIABLE

SHARED_WITH_REPLAY = (
    *("robot", "backend", "neutral_file", "mirror", "rotate", "params_file", "namespace"),
    *("face", "description", "record", "autostart", "log_level"),
)
"""Options of the graph that replay.launch.py takes too; the bag settles the others."""

_REQUIRED = ("bag",)


@dataclass(frozen=True)
class LaunchArgument:
    """An argument of a launch file.

    Attributes:
        name: Name.
        description: One sentence.
        default: Default as text; None where the argument must be given.
        choices: Allowed texts; empty for any.
        variable: Environment variable whose value, where set, is the default; empty for none.
    """

    name: str
    description: str
    default: str | None
    choices: tuple[str, ...] = ()
    variable: str = ""


DISCOVERY = LaunchArgument(
    "discovery_range",
    "Machines that may discover the nodes: LOCALHOST is this one only, SUBNET the local network.",
    "LOCALHOST",
    ("LOCALHOST", "SUBNET", "OFF", "SYSTEM_DEFAULT"),
    RANGE_VARIABLE,
)


def imitation_arguments() -> tuple[LaunchArgument, ...]:
    """Return the arguments of imitation.launch.py."""
    return (*_arguments([*option_texts(), *backend_option_texts()]), DISCOVERY)


def replay_arguments() -> tuple[LaunchArgument, ...]:
    """Return the arguments of replay.launch.py."""
    shared = (text for text in option_texts() if text.name in SHARED_WITH_REPLAY)
    return (*_arguments([*replay_texts(), *shared, *backend_option_texts()]), DISCOVERY)


def imitation_nodes(texts: Mapping[str, str]) -> tuple[NodeSpec, ...]:
    """Return the nodes that imitation.launch.py starts.

    Args:
        texts: Values of the arguments, by name.

    Raises:
        GraphError: An argument is unknown or its value cannot be.
    """
    given = {name: text for name, text in texts.items() if name != DISCOVERY.name}
    return build_graph(GraphOptions.from_texts(given))


def replay_options(texts: Mapping[str, str]) -> tuple[GraphOptions, ReplayOptions, str]:
    """Return the options of the graph and of the replay, and the wish for a player.

    Args:
        texts: Values of the arguments of replay.launch.py, by name.

    Raises:
        GraphError: A value cannot be.
    """
    shared = {*SHARED_WITH_REPLAY, *(text.name for text in backend_option_texts())}
    graph = {name: text for name, text in texts.items() if name in shared}
    return GraphOptions.from_texts(graph), ReplayOptions.from_texts(texts), texts["player"]


def _arguments(texts: Iterable[OptionText]) -> list[LaunchArgument]:
    defaults = dict.fromkeys(_REQUIRED)
    return [
        LaunchArgument(
            text.name, text.description, defaults.get(text.name, text.default), text.choices
        )
        for text in texts
    ]
