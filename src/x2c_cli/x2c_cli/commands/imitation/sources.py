# SPDX-License-Identifier: Apache-2.0
"""List the camera and expression sources of all installed packages, with their options.

Camera sources are given to 'x2c imitate --video' and 'x2c evaluate', their options to
--camera-option. Expression sources are played by expression_source_node.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from x2c_core.sources.source_registry import SourceRegistry


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments: there are none."""


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status: 1 if a source cannot be used."""
    from x2c_core.sources.camera_source import CAMERA_SOURCES
    from x2c_core.sources.expression_source import EXPRESSION_SOURCES

    broken = False
    for registry in (CAMERA_SOURCES, EXPRESSION_SOURCES):
        usable, problems = registry.load_all()
        print("\n".join(_lines(registry, usable, problems)))
        broken = broken or bool(problems)
    return int(broken)


def _lines(
    registry: SourceRegistry[Any], usable: Mapping[str, Any], problems: Mapping[str, str]
) -> Iterator[str]:
    from x2c_core.system.fields import specs

    yield f"{registry.kind}s:"
    for name, cls in usable.items():
        takes = f": {cls.takes}" if cls.takes else ""
        yield f"  {name} ({registry.package(name)}){takes}"
        for option, (kind, default, spec) in specs(cls.Options).items():
            yield f"      {option} ({kind.__name__}, {default!r}): {spec.description}"
    for name, reason in problems.items():
        yield f"  {name}: cannot be used: {reason}"
