#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Generator of the comments in config/imitation.yaml: description, range and choices.

    . scripts/env.sh && python scripts/parameter_comments.py

A comment that begins with two dashes is a heading, and is kept.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from pathlib import Path

from docs_tables import own_backends, parameter_classes
from x2c_core.system.fields import FieldSpec
from x2c_node.parameters import specs

FILE = Path(__file__).resolve().parents[1] / "config" / "imitation.yaml"

_BLOCK = re.compile(r"/\*\*/(\w+):$")
_COMMENT = "    # "
_HEADING = "    # -- "
_KEY = re.compile(r"    (\w+): ")


def descriptions() -> dict[str, dict[str, str]]:
    """Return the comment of each parameter, by node and name."""
    found = {
        node: {name: _text(spec) for name, (_, _, spec) in specs(parameters).items()}
        for node, parameters in parameter_classes().items()
    }
    for options in own_backends().values():
        found["imitation_node"] |= {name: _text(s) for name, (_, _, s) in specs(options).items()}
    return found


def commented(text: str, by_node: Mapping[str, Mapping[str, str]]) -> str:
    """Return a parameter file with the current comment above each parameter.

    Args:
        text: Parameter file.
        by_node: Comments as `descriptions` returns them.

    Raises:
        KeyError: The file has a node or a parameter that does not exist.
    """
    lines: list[str] = []
    comments: Mapping[str, str] = {}
    for line in text.splitlines():
        if block := _BLOCK.match(line):
            comments = by_node[block[1]]
        if line.startswith(_COMMENT) and not line.startswith(_HEADING):
            continue
        if key := _KEY.match(line):
            lines += textwrap.wrap(
                comments[key[1]], 99, initial_indent=_COMMENT, subsequent_indent=_COMMENT
            )
        lines.append(line)
    return "\n".join(lines) + "\n"


def _text(spec: FieldSpec) -> str:
    limits = []
    if spec.choices:
        limits.append(f"one of {', '.join(spec.choices)}")
    elif spec.minimum is not None and spec.maximum is not None:
        limits.append(f"{spec.minimum:g} to {spec.maximum:g}")
    elif spec.minimum is not None:
        limits.append(f"at least {spec.minimum:g}")
    if spec.dynamic:
        limits.append("dynamic")
    return f"{spec.description} ({'; '.join(limits)})" if limits else spec.description


def main() -> None:
    """Write the comments."""
    FILE.write_text(commented(FILE.read_text(encoding="utf-8"), descriptions()), encoding="utf-8")


if __name__ == "__main__":
    main()
