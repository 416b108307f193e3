# SPDX-License-Identifier: Apache-2.0
"""YAML whose every value knows its line, and that refuses keys given twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from x2c_core.files.bounded_yaml import LOADER, YAMLTextError, check_yaml


@dataclass(frozen=True)
class Located:
    """Content of a YAML text.

    Attributes:
        content: Plain values.
        lines: Line of each value, from 1, by its key: names joined by dots, "[i]" in lists.
        twice: Keys that are there twice, with the line of the second; the last one counts.
    """

    content: Any
    lines: Mapping[str, int]
    twice: tuple[tuple[str, int], ...]

    def line(self, key: str) -> int:
        """Return the line of a key, or of the nearest part of the file that is there."""
        while key and key not in self.lines:
            key = key[: max(key.rfind("."), key.rfind("["), 0)]
        return self.lines.get(key, 1)


def read_yaml(text: str) -> Located:
    """Return the content of a text.

    Raises:
        YAMLTextError: It is no YAML, asks for objects that are no plain values, or passes a
            bound.
    """
    lines: dict[str, int] = {}
    twice: list[tuple[str, int]] = []
    check_yaml(text)
    try:
        loader = LOADER(text)
        try:
            node = loader.get_single_node()
            if node is None:
                return Located(None, lines, ())
            _walk(node, "", lines, twice, set())
            return Located(loader.construct_document(node), lines, tuple(twice))
        finally:
            loader.dispose()
    # Dates that are none are plain ValueErrors, and a key may be a list.
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise YAMLTextError(" ".join(str(error).split())) from error


def _walk(
    node: yaml.Node,
    key: str,
    lines: dict[str, int],
    twice: list[tuple[str, int]],
    seen: set[int],
) -> None:
    line = node.start_mark.line + 1
    lines.setdefault(key, line)
    # What is named and used again may hold itself.
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        names = set()
        for name, value in node.value:
            inner = f"{key}.{name.value}" if key else str(name.value)
            if isinstance(name.value, str) and name.value in names:
                twice.append((inner, name.start_mark.line + 1))
            names.add(str(name.value))
            lines[inner] = name.start_mark.line + 1
            _walk(value, inner, lines, twice, seen)
    elif isinstance(node, yaml.SequenceNode):
        for i, value in enumerate(node.value):
            _walk(value, f"{key}[{i}]", lines, twice, seen)
