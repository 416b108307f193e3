# SPDX-License-Identifier: Apache-2.0
"""Search for the files of a bag; their form is recognised by their first bytes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from x2c_bags.errors import BagError
from x2c_core.files.bounded_yaml import load_yaml
from x2c_core.files.entries import shown
from x2c_core.files.input_limits import YAML_BYTES
from x2c_core.files.issues import Issues
from x2c_core.files.regular_files import open_regular, read_text

METADATA = "metadata.yaml"

ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
MCAP_MAGIC = b"\x89MCAP"
SQLITE_MAGIC = b"SQLite format 3\x00"
ROS1_MAGIC = b"#ROSBAG V"
_ENDINGS = (".mcap", ".db3", ".mcap.zstd", ".db3.zstd")
_KEY = "rosbag2_bagfile_information"
_INSIDE = "bag"
"""Folder of the bag in what a run leaves behind."""


def is_bag(path: Path) -> bool:
    """Return whether a path is a bag: by what a file begins with, or what a folder holds."""
    if path.is_dir():
        return bool(_files_in(path)) or (path / METADATA).is_file() or is_inside(path)
    if path.name == METADATA or path.name.endswith(_ENDINGS):
        return True
    return beginning(path).startswith((MCAP_MAGIC, SQLITE_MAGIC, ROS1_MAGIC))


def is_inside(path: Path) -> bool:
    """Return whether a folder is that of a run, with the bag in a folder of its own."""
    return bool(path.is_dir() and _files_in(path / _INSIDE))


def bag_files(path: Path, information: Any, issues: Issues) -> list[Path]:
    """Return a bag's files in their order.

    Args:
        path: Folder, or one of its files.
        information: Content of the folder's metadata; None if there is none.
        issues: Takes what is amiss.

    Raises:
        BagError: There is no bag.
    """
    if not path.exists():
        raise BagError(f"no bag at {path}: there is no such file or folder")
    if path.is_file():
        return [path]
    there = _files_in(path)
    listed = []
    if isinstance(information, dict):
        names = information.get("relative_file_paths")
        listed = _inside(path, names if isinstance(names, list) else [], issues)
    found = [file for file in listed if file.is_file()]
    if listed and not found and there:
        issues.add(f"{METADATA} names other files than there are: these were read", loss=False)
    elif found:
        for file in listed:
            if not file.is_file():
                issues.add(f"{file.name} is missing, which {METADATA} names")
        return found
    if not there:
        raise BagError(
            f"no bag at {path}: expected a folder with .mcap or .db3 files, or such a file"
        )
    return there


def read_information(path: Path, issues: Issues) -> Any:
    """Return what a bag's metadata.yaml says, or None; what is wrong with it is an issue."""
    if not path.is_dir():
        return None
    file = path / METADATA
    if not file.exists():
        issues.add(f"{METADATA} is missing: the bag was not finished", loss=False)
        return None
    try:
        return information_of(read_text(file, YAML_BYTES))
    except (OSError, ValueError) as error:
        issues.add(f"{METADATA} cannot be read: {error}", loss=False)
        return None


def information_of(text: str, bare: bool = False) -> Any:
    """Return what the text of a metadata.yaml says.

    Args:
        text: YAML text.
        bare: Whether the key around it can be missing, as it is in what a bag file says of itself.

    Raises:
        ValueError: It cannot be read.
    """
    try:
        whole = load_yaml(text)
        information = whole if bare and _KEY not in whole else whole[_KEY]
    except (KeyError, TypeError) as error:
        raise ValueError(str(error) or type(error).__name__) from error
    if not isinstance(information, dict):
        raise ValueError(f"expected entries, got {shown(information)}")
    return information


def natural_order(path: Path) -> list[tuple[int, str]]:
    """Return a key by which bag_2 comes before bag_10."""
    parts = re.split(r"(\d+)", path.name.lower())
    return [(int(part), "") if part.isdigit() else (-1, part) for part in parts]


def _inside(folder: Path, names: list[Any], issues: Issues) -> list[Path]:
    """Return the files of some names; a name that leads out of the folder is an issue."""
    files = []
    for name in map(str, names):
        relative = Path(name)
        if relative.is_absolute() or ".." in relative.parts or "\0" in name:
            issues.add(f"{METADATA} names a file outside of the bag, {shown(name)}: not read")
        else:
            files.append(folder / relative)
    return files


def _files_in(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    files = [one for one in folder.iterdir() if one.is_file() and one.name.endswith(_ENDINGS)]
    return sorted(files, key=natural_order)


def beginning(file: Path) -> bytes:
    """Return the first bytes of a file, by which its form is recognised.

    Raises:
        BagError: It cannot be read.
    """
    try:
        with open_regular(file) as stream:
            return stream.read(16)
    except OSError as error:
        raise BagError(f"cannot read {file}: {error.strerror or error}") from error
