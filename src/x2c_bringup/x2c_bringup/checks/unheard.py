# SPDX-License-Identifier: Apache-2.0
"""Parameters that are given to all nodes of a graph and that none of them has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path

from x2c_bringup.graph.node_specs import NodeSpec
from x2c_bringup.shared_files import default_params_file
from x2c_core.sources.camera_source import CAMERA_SOURCES
from x2c_core.system.fields import specs as described
from x2c_imitation.backends import option_classes
from x2c_node.parameter_file import ParameterFile
from x2c_node.parameters import Parameters, is_of_ros
from x2c_node.unknown_parameters import hinted


def unheard(specs: Sequence[NodeSpec]) -> str:
    """Return a warning of parameters for all nodes that no node has; empty where there is none.

    A node does not warn of them: another one may have them.

    Args:
        specs: Nodes of the graph.

    Raises:
        ParameterFileError: A parameter file cannot be read.
    """
    given: set[str] = set()
    for file in {spec.params_file for spec in specs if spec.params_file}:
        given |= ParameterFile(Path(file)).given_to_all()
    for spec in specs:
        given |= spec.surrounding.keys()
    given = {name for name in given if not is_of_ros(name)}
    known = {field.name for field in fields(Parameters)}
    for more in _names():
        known |= more
        if given <= known:
            return ""
    unknown = [hinted(name, sorted(known)) for name in sorted(given - known)]
    return f"no node has these parameters: {', '.join(unknown)}"


def _names() -> Iterator[set[str]]:
    """Return the names of parameters, those that take longest to find last."""
    yield ParameterFile(default_params_file()).names()
    yield {name for options in option_classes().values() for name in described(options)}
    sources, _ = CAMERA_SOURCES.load_all()
    yield {name for source in sources.values() for name in described(source.Options)}
