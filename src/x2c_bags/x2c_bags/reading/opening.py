# SPDX-License-Identifier: Apache-2.0
"""Opening of one file of a bag, in whatever form it is."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from x2c_bags.errors import BagError
from x2c_bags.reading.files import MCAP_MAGIC, ROS1_MAGIC, SQLITE_MAGIC, ZSTD_MAGIC, beginning
from x2c_bags.reading.mcap_storage import McapStorage
from x2c_bags.reading.sqlite_storage import SqliteStorage
from x2c_bags.reading.storage import Storage
from x2c_bags.reading.unpacking import UNPACKING_ERRORS, unpacked_pieces
from x2c_core.files.impostors import mistaken_content
from x2c_core.files.input_limits import BAG_BYTES, GIB, LimitError
from x2c_core.files.issues import Issues
from x2c_core.files.regular_files import open_regular

_STORAGES: dict[bytes, Callable[[Path, Issues], Storage]] = {
    MCAP_MAGIC: McapStorage,
    SQLITE_MAGIC: SqliteStorage,
}
_RESERVE = GIB
"""Room that is left to other programs when a bag is unpacked [byte]; less on a small disk."""


def open_storage(file: Path, issues: Issues, keep: list[Any]) -> Storage:
    """Return an opened bag file.

    Args:
        file: Whatever its name ends in.
        issues: Takes what is amiss.
        keep: Takes what has to live as long as the storage.

    Raises:
        BagError: It is empty, or is no bag.
    """
    begin = beginning(file)
    if not begin:
        raise BagError(f"{file} is empty (0 bytes)")
    if begin.startswith(ZSTD_MAGIC):
        folder = tempfile.TemporaryDirectory(prefix="x2c_bag_")
        keep.append(folder)
        file = _unpacked(file, Path(folder.name), issues)
        begin = beginning(file)
    for magic, storage in _STORAGES.items():
        if begin.startswith(magic):
            _check_ending(file, magic, issues)
            return storage(file, issues)
    if begin.startswith(ROS1_MAGIC):
        raise BagError(
            f"{file} is a bag of ROS 1: convert it first, with rosbags-convert --src "
            f"{file.name} --dst {file.stem}"
        )
    if mistaken := mistaken_content(file):
        raise BagError(f"{file} is no bag: {mistaken}")
    raise BagError(
        f"{file} is no bag: it begins like neither MCAP nor sqlite3 (whatever its name ends in)"
    )


def _check_ending(file: Path, magic: bytes, issues: Issues) -> None:
    ending, kind = (".mcap", "MCAP") if magic == MCAP_MAGIC else (".db3", "sqlite3")
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
