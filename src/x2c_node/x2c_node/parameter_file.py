# SPDX-License-Identifier: Apache-2.0
"""Read a ROS parameter file as a node would: the nodes are not started here."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

import yaml

from x2c_core.files.bounded_yaml import check_yaml
from x2c_core.files.entries import shown
from x2c_core.files.input_limits import YAML_BYTES
from x2c_core.files.regular_files import read_text
from x2c_core.system.fields import FieldError, check, specs
from x2c_node.errors import ParameterFileError

P = TypeVar("P")

_WILD = ("*", "**")
_PATTERNS = {"*": "/[^/]+", "**": "(?:/[^/]+)*"}
_PARAMETERS = "ros__parameters"


class ParameterFile:
    """Content of a parameter file, block by block.

    Args:
        path: Path of the file.

    Raises:
        ParameterFileError: The file cannot be read, or is laid out otherwise.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._blocks: dict[str, dict[str, Any]] = {}
        try:
            text = read_text(path, YAML_BYTES)
            check_yaml(text)
            loader = yaml.SafeLoader(text)
            root = loader.get_single_node()
            if root is not None:
                self._read(root, "", loader)
        except (OSError, ValueError, TypeError, yaml.YAMLError, RecursionError) as error:
            raise ParameterFileError(f"cannot read the parameter file {path}: {error}") from error

    def of(self, node: str) -> dict[str, Any]:
        """Return what is said to a node.

        As in ROS, what stands further down wins, be it said to this node or to all.

        Args:
            node: Name of the node for any namespace, or its full name with a leading slash.
        """
        said: dict[str, Any] = {}
        for name, block in self._blocks.items():
            if _is_to(name, node):
                said.update(block)
        return said

    def given_by_name(self, node: str) -> set[str]:
        """Return the names of parameters that are given to a node, and not to all nodes."""
        return {
            name
            for block, said in self._blocks.items()
            if _is_to(block, node) and not _is_for_all(block)
            for name in said
        }

    def names(self) -> set[str]:
        """Return the names of all parameters in the file."""
        return {name for said in self._blocks.values() for name in said}

    def given_to_all(self) -> set[str]:
        """Return the names of parameters that are given to all nodes."""
        return {
            name for block, said in self._blocks.items() if _is_for_all(block) for name in said
        }

    def check(self, nodes: Iterable[str]) -> None:
        """Refuse a file that says nothing to any of the nodes.

        Raises:
            ParameterFileError: It does not.
        """
        wanted = list(nodes)
        if any(_is_to(name, node) for name in self._blocks for node in wanted):
            return
        held = ", ".join(self._blocks) or "nothing"
        raise ParameterFileError(
            f"{self._path} has no parameters for {', '.join(wanted)}, so it would change "
            f"nothing: it holds {held}; expected blocks as in config/imitation.yaml"
        )

    def _read(self, node: yaml.Node, name: str, loader: yaml.SafeLoader) -> None:
        # Node by node: a dictionary would lose blocks that are said twice, which ROS joins.
        if not isinstance(node, yaml.MappingNode):
            raise ParameterFileError(
                f"{self._path}: expected nodes with 'ros__parameters', as in "
                f"config/imitation.yaml; {name or 'the file'} has none"
            )
        for key, content in node.value:
            word = str(key.value)
            if word != _PARAMETERS:
                self._read(content, f"{name}/{word}" if name else word, loader)
                continue
            said = loader.construct_object(content, deep=True)
            if not isinstance(said, dict):
                raise ParameterFileError(
                    f"{self._path}: {name}: expected parameters below 'ros__parameters', got "
                    f"{shown(said)}"
                )
            self._blocks.setdefault(name, {}).update(said)


def _is_for_all(name: str) -> bool:
    return name.rpartition("/")[2] in _WILD


def _is_to(name: str, node: str) -> bool:
    if not node.startswith("/"):
        return name.rpartition("/")[2] in (node, *_WILD)
    words = [word for word in name.split("/") if word]
    pattern = "".join(_PATTERNS.get(word, f"/{re.escape(word)}") for word in words)
    return re.fullmatch(pattern, node) is not None


def filled(kind: type[P], values: dict[str, Any], path: Path | str) -> P:
    """Return parameters or options with values in place of defaults.

    Args:
        kind: Dataclass of described fields.
        values: Values by name; names that the node does not have are ignored, as in ROS.
        path: Path of the file, for messages to the user.

    Raises:
        ParameterFileError: A value cannot be.
    """
    known = specs(kind)
    try:
        return kind(**{name: check(kind, name, v) for name, v in values.items() if name in known})
    except FieldError as error:
        raise ParameterFileError(f"{path}: parameter {error}") from error
