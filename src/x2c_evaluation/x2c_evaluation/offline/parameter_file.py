# SPDX-License-Identifier: Apache-2.0
"""Reads a ROS parameter file as a node would: the nodes are not started here."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import yaml

from x2c_evaluation.errors import EvaluationError
from x2c_face.errors import X2CError
from x2c_node.parameters import Parameters, check, specs

P = TypeVar("P", bound=Parameters)

_WILD = ("*", "**")


def node_parameters(path: Path, node: str) -> dict[str, Any]:
    """Return what a parameter file says to a node, whatever its namespace.

    What is said to all nodes comes first, what is said to this one wins.

    Raises:
        EvaluationError: The file cannot be read, or is laid out otherwise.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise EvaluationError(f"cannot read the parameter file {path}: {error}") from error
    expected = f"{path}: expected nodes with 'ros__parameters', as in config/imitation.yaml"
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise EvaluationError(expected)
    general: dict[str, Any] = {}
    special: dict[str, Any] = {}
    for name, block in content.items():
        last = str(name).rpartition("/")[2]
        if last != node and last not in _WILD:
            continue
        said = block.get("ros__parameters") if isinstance(block, dict) else None
        if not isinstance(said, dict):
            raise EvaluationError(f"{expected}; {name} has none")
        (special if last == node else general).update(said)
    return {**general, **special}


def filled(kind: type[P], values: dict[str, Any], path: Path | str) -> P:
    """Return a node's parameters with values in place of defaults.

    Args:
        kind: The node's parameters.
        values: By name; names that the node does not have are passed over, as ROS does.
        path: Of the file, for messages to the user.

    Raises:
        EvaluationError: A value cannot be.
    """
    known = specs(kind)
    try:
        return kind(**{name: check(kind, name, v) for name, v in values.items() if name in known})
    except X2CError as error:
        raise EvaluationError(f"{path}: {error}") from error
