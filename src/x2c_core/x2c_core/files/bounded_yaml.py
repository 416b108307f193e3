# SPDX-License-Identifier: Apache-2.0
"""YAML of plain values, bounded in size, in depth, and in what its aliases unfold to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from x2c_core.errors import CoreError
from x2c_core.files.input_limits import YAML_BYTES, YAML_VALUES
from x2c_core.files.regular_files import read_text

# libyaml reads a file five times as fast, where it is there.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_DEEPEST = 50


class YAMLTextError(CoreError, ValueError):
    """A text is no YAML of plain values, or passes a bound."""


def load_yaml(text: str) -> Any:
    """Return the content of a text.

    Raises:
        YAMLTextError: The text is no YAML, asks for objects that are no plain values, or passes
            a bound.
    """
    check_yaml(text)
    try:
        return yaml.load(text, Loader=LOADER)  # noqa: S506 - a safe loader
    # Dates that are none are plain ValueErrors, and a key may be a list.
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise YAMLTextError(" ".join(str(error).split())) from error


def load_yaml_file(path: Path) -> Any:
    """Return the content of a file.

    Raises:
        OSError: The path leads to no regular file, or the file cannot be read.
        ValueError: The file is too large, is no text, or no YAML of plain values within bounds.
    """
    return load_yaml(read_text(path, YAML_BYTES))


def check_yaml(text: str) -> None:
    """Refuse a text that would unfold to far more than is there.

    Args:
        text: YAML that is to be read after this.

    Raises:
        YAMLTextError: The text is no YAML, is too long or nested too deeply for libyaml, or its
            aliases unfold to too many values.
    """
    try:
        YAML_BYTES.check(len(text), "it has")
        count = _Count()
        for event in yaml.parse(text, Loader=LOADER):
            count.take(event)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise YAMLTextError(" ".join(str(error).split())) from error


class _Count:
    """Values of a document with its aliases written out.

    An alias is a name for what stands at its anchor. Ten of them in each of ten lists make
    gigabytes out of a few lines, once the content is shown or copied.
    """

    def __init__(self) -> None:
        self._named: dict[str, int] = {}
        self._open: list[tuple[str | None, int]] = []
        self._values = 0

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.AliasEvent):
            if event.anchor in [anchor for anchor, _ in self._open]:
                raise ValueError(f"{event.anchor!r} holds itself")
            self._values += self._named.get(str(event.anchor), 1)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._open.append((event.anchor, self._values))
            self._values += 1
            if len(self._open) > _DEEPEST:
                raise ValueError(f"nested more than {_DEEPEST} deep")
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = self._open.pop()
            self._name(anchor, self._values - before)
        elif isinstance(event, yaml.ScalarEvent):
            self._values += 1
            self._name(event.anchor, 1)
        YAML_VALUES.check(self._values, "with its aliases written out it has")

    def _name(self, anchor: str | None, values: int) -> None:
        if anchor is not None:
            self._named[anchor] = values
