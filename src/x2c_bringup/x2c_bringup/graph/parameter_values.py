# SPDX-License-Identifier: Apache-2.0
"""The parameters with which a node of the graph will start."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from x2c_bringup.graph.node_specs import NodeSpec
from x2c_node.parameter_file import ParameterFile, filled

P = TypeVar("P")


def parameters_of(spec: NodeSpec, kind: type[P]) -> P:
    """Return a node's parameters: its own, then its file's, then surrounding ones, then defaults.

    Args:
        spec: The node.
        kind: Class of its parameters, or of the options of what it runs.

    Raises:
        ParameterFileError: The file cannot be read, or a value cannot be.
    """
    said = ParameterFile(Path(spec.params_file)).of(spec.full_name) if spec.params_file else {}
    values = {**spec.surrounding, **said, **spec.parameters}
    return filled(kind, values, spec.params_file or spec.name)
