# SPDX-License-Identifier: Apache-2.0
"""Entry points of installed packages, although the files of some cannot be read."""

from __future__ import annotations

import os
import sys
from importlib.metadata import Distribution, EntryPoint, distributions, entry_points
from typing import Any

_Folders = tuple[tuple[str, int], ...]
_known: tuple[_Folders, Any] | None = None
"""Folders of packages as they were, and all entry points found there."""


def read_entry_points(group: str) -> tuple[list[EntryPoint], dict[str, str]]:
    """Return the entry points of a group, and why those of some packages cannot be read.

    Args:
        group: Name of the group.

    Returns:
        Entry points, sorted by name; one sentence for each unreadable package, by its name.
    """
    unreadable: dict[str, str] = {}
    try:
        found = list(_all_entry_points().select(group=group))
    except Exception:  # One unreadable file keeps Python's own reader from all others.
        found, unreadable = _read_one_by_one(group)
    return sorted(found, key=lambda point: point.name), unreadable


def _all_entry_points() -> Any:
    """Return all entry points, read again only where packages have come or gone.

    To read the files of some hundred packages takes a tenth of a second.
    """
    global _known
    folders = tuple((folder, _changed(folder)) for folder in sys.path)
    known = _known
    if known is None or known[0] != folders:
        _known = known = folders, entry_points()
    return known[1]


def _changed(folder: str) -> int:
    try:
        return os.stat(folder or ".").st_mtime_ns
    except OSError:
        return 0


def package_of(point: EntryPoint) -> str:
    """Return the name of the package that an entry point belongs to."""
    name = "" if point.dist is None else _name(point.dist)
    return name or point.value.partition(":")[0].strip()


def _read_one_by_one(group: str) -> tuple[list[EntryPoint], dict[str, str]]:
    found: list[EntryPoint] = []
    unreadable: dict[str, str] = {}
    seen: set[str] = set()
    for package in distributions():
        name = _name(package)
        # The first of its name hides the others, as it does for imports.
        if name in seen:
            continue
        seen.add(name)
        try:
            found += package.entry_points.select(group=group)
        except Exception as error:  # Any, from a file with any content.
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            unreadable[name] = f"the entry points of the package {name} cannot be read: {reason}"
    return found, unreadable


def _name(package: Distribution) -> str:
    try:
        about = package.metadata
        # What is missing is None today, and an error in later versions of Python.
        return str(about["Name"]) if "Name" in about else ""
    except Exception:  # As above: the file may be missing, or no text.
        folder = getattr(package, "_path", None)
        return "" if folder is None else str(folder.name).partition("-")[0]
