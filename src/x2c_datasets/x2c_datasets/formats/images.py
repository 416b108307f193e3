# SPDX-License-Identifier: Apache-2.0
"""Images that a data set names: whether each is there, and inside of the data set.

A list that comes with a data set must not lead its reader to other files, neither by its names
nor by symbolic links.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from x2c_core.files.entries import shown

_SNAPSHOTS = "snapshots"


class ImageFolder:
    """Folder that holds all images of a data set.

    Args:
        path: Path of the folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._text = str(path)
        self._root = os.path.realpath(_root(path))
        self._inside: dict[str, bool] = {}

    def problem(self, name: str) -> str:
        """Return why an image cannot be used; empty where it can.

        Args:
            name: Path of the image as the data set gives it.
        """
        if _leads_out(name):
            return (
                f"the image {shown(name)} is not inside of {self.path}: expected a path below it"
            )
        # Texts in place of paths, which take three times as long for each of many images.
        image = f"{self._text}/{name}"
        try:
            mode = os.lstat(image).st_mode
            if not self._holds(image, linked=stat.S_ISLNK(mode)):
                return (
                    f"the image {image} leads out of {self._root} by a symbolic link, to "
                    f"{os.path.realpath(image)}: copy it into the data set"
                )
            state = os.stat(image)
        except OSError as error:
            return f"the image {image} is missing ({error.strerror or error})"
        except ValueError as error:
            return f"the image {image!r} cannot be ({error})"
        if not stat.S_ISREG(state.st_mode):
            return f"the image {image} is no regular file"
        return "" if state.st_size else f"the image {image} is empty"

    def holds(self, path: Path) -> bool:
        """Return whether a path stays inside when all symbolic links are followed."""
        return self._holds(str(path), linked=path.is_symlink())

    def _holds(self, path: str, *, linked: bool) -> bool:
        if linked:
            return self._is_inside(os.path.realpath(path))
        # Many images share a folder, and following all its links takes a while.
        parent = path.rpartition("/")[0]
        if parent not in self._inside:
            self._inside[parent] = self._is_inside(os.path.realpath(parent))
        return self._inside[parent]

    def _is_inside(self, real: str) -> bool:
        return real == self._root or real.startswith(os.path.join(self._root, ""))


def _root(path: Path) -> Path:
    """Return the folder that may not be left.

    The Hugging Face hub keeps a data set as links from below snapshots/REVISION to blobs, a folder
    beside snapshots.
    """
    real = Path(os.path.realpath(path))
    for parent in real.parents:
        if parent.name == _SNAPSHOTS and (parent.parent / "blobs").is_dir():
            return parent.parent
    return real


def _leads_out(name: str) -> bool:
    return name.startswith("/") or "\0" in name or ".." in name.split("/")
