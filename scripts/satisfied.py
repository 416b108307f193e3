# SPDX-License-Identifier: Apache-2.0
"""Tell by the exit status whether this interpreter has what requirements files name.

Runs with the virtual environment's interpreter, so that nothing is looked up where nothing is
missing.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from pip._vendor.packaging.requirements import Requirement


def requirements(path: Path) -> Iterator[Requirement]:
    """Yield the requirements of a file and of those it includes."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("-r "):
            yield from requirements(path.parent / line.removeprefix("-r ").strip())
        elif line and not line.startswith(("#", "-")):
            yield Requirement(line)


def missing(paths: list[Path]) -> list[str]:
    """Return the requirements that are not met here."""
    return [
        str(one)
        for path in paths
        for one in requirements(path)
        if (one.marker is None or one.marker.evaluate()) and not _met(one)
    ]


def _met(requirement: Requirement) -> bool:
    try:
        return requirement.specifier.contains(metadata.version(requirement.name), prereleases=True)
    except metadata.PackageNotFoundError:
        return False


if __name__ == "__main__":
    sys.exit(1 if missing([Path(name) for name in sys.argv[1:]]) else 0)
