# SPDX-License-Identifier: Apache-2.0
"""Search for the files of a bag; their form is recognised by their first bytes."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from x2c_bags.errors import BagError
from x2c_bags.reading.mcap_storage import McapStorage
from x2c_bags.reading.sqlite_storage import SqliteStorage
from x2c_bags.reading.storage import Storage
from x2c_bags.reading.unpacking import UNPACKING_ERRORS, unpacked_pieces
from x2c_core.files.bounded_yaml import load_yaml
from x2c_core.files.entries import shown
from x2c_core.files.impostors import mistaken_content
from x2c_core.files.input_limits import BAG_BYTES, GIB, YAML_BYTES, LimitError
from x2c_core.files.issues import Issues
from x2c_core.files.regular_files import open_regular, read_text

METADATA = "metadata.yaml"

ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_ROS1_MAGIC = b"#ROSBAG V"
_STORAGES: dict[bytes, Callable[[Path, Issues], Storage]] = {
    b"\x89MCAP": McapStorage,
    b"SQLite format 3\x00": SqliteStorage,
}
_ENDINGS = (".mcap", ".db3", ".mcap.zstd", ".db3.zstd")
_KEY = "rosbag2_bagfile_information"
_RESERVE = GIB
"""Room that is left to other programs when a bag is unpacked [byte]; less on a small disk."""
_INSIDE = "bag"
"""Folder of the bag in what a run leaves behind."""


def is_bag(path: Path) -> bool:
    """Return whether a path is a bag: by what a file begins with, or what a folder holds."""
    if path.is_dir():
        return bool(_files_in(path)) or (path / METADATA).is_file() or is_inside(path)
    if path.name == METADATA or path.name.endswith(_ENDINGS):
        return True
    begin = _beginning(path)
    return begin.startswith((*_STORAGES, _ROS1_MAGIC))


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


def open_storage(file: Path, issues: Issues, keep: list[Any]) -> Storage:
    """Return an opened bag file.

    Args:
        file: Whatever its name ends in.
        issues: Takes what is amiss.
        keep: Takes what has to live as long as the storage.

    Raises:
        BagError: It is empty, or is no bag.
    """
    begin = _beginning(file)
    if not begin:
        raise BagError(f"{file} is empty (0 bytes)")
    if begin.startswith(ZSTD_MAGIC):
        folder = tempfile.TemporaryDirectory(prefix="x2c_bag_")
        keep.append(folder)
        file = _unpacked(file, Path(folder.name), issues)
        begin = _beginning(file)
    for magic, storage in _STORAGES.items():
        if begin.startswith(magic):
            _check_ending(file, magic, issues)
            return storage(file, issues)
    if begin.startswith(_ROS1_MAGIC):
        raise BagError(
            f"{file} is a bag of ROS 1: convert it first, with rosbags-convert --src "
            f"{file.name} --dst {file.stem}"
        )
    if mistaken := mistaken_content(file):
        raise BagError(f"{file} is no bag: {mistaken}")
    raise BagError(
        f"{file} is no bag: it begins like neither MCAP nor sqlite3 (whatever its name ends in)"
    )


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


def _beginning(file: Path) -> bytes:
    try:
        with open_regular(file) as stream:
            return stream.read(16)
    except OSError as error:
        raise BagError(f"cannot read {file}: {error.strerror or error}") from error


def _check_ending(file: Path, magic: bytes, issues: Issues) -> None:
    ending, kind = (".mcap", "MCAP") if magic.startswith(b"\x89MCAP") else (".db3", "sqlite3")
    if file.suffix != ending:
        issues.once(f"{file.name} is a bag in {kind} form, whatever its name ends in", loss=False)


def _unpacked(file: Path, folder: Path, issues: Issues) -> Path:
    target = folder / file.name.removesuffix(".zstd").removesuffix(".zst")
    room = shutil.disk_usage(folder)
    reserve = min(room.total // 20, _RESERVE)
    size = 0
    try:
        with open_regular(file) as packed, target.open("wb") as whole:
            for piece in unpacked_pieces(packed, BAG_BYTES, f"{file} unpacks to"):
                size += len(piece)
                if size > room.free - reserve:
                    raise BagError(
                        f"{file} unpacks to more than fits into {folder.parent}, where "
                        f"{room.free} bytes are free and {reserve} of them are left to other "
                        "programs: make room, or set TMPDIR to a larger disk"
                    )
                whole.write(piece)
    except BagError:
        target.unlink()
        raise
    except LimitError as error:
        target.unlink()
        raise BagError(str(error)) from error
    except (OSError, *UNPACKING_ERRORS) as error:
        issues.once(f"{file.name} cannot be unpacked to its end: {error}")
    return target
