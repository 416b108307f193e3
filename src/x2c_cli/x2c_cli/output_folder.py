# SPDX-License-Identifier: Apache-2.0
"""The folder that a demo leaves its results in."""

from __future__ import annotations

import shutil
from pathlib import Path

from x2c_core.errors import OutputError

BAG = "bag"
FILES = ("imitation.mp4", "controls.csv", "report.json", "report.png")
"""Names of the results beside the bag."""

_IN_BAG = {".mcap", ".yaml"}


def prepare(folder: Path, video: str) -> None:
    """Make room for results: those of an earlier run go, whatever else is there stays.

    Args:
        folder: Folder for results; created if missing.
        video: Video to imitate, which must not be among the results.

    Raises:
        OutputError: There is no room; the text says what is in the way.
    """
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder} is not a folder: choose another one for the results")
    bag = folder / BAG
    old = [folder / name for name in FILES]
    if video and Path(video).exists():
        source = Path(video).resolve()
        if source in [file.resolve() for file in old]:
            raise OutputError(
                f"{video} is a result of an earlier run, which would be replaced: "
                "choose another folder for the results, or copy the video first"
            )
    strangers = [file.name for file in bag.glob("*") if file.suffix not in _IN_BAG]
    if strangers or bag.is_symlink() or bag.is_file():
        held = f" holds {', '.join(sorted(strangers))}" if strangers else " is no folder of ours"
        raise OutputError(f"{bag}{held}: choose another folder for the results")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in old:
            file.unlink(missing_ok=True)
        if bag.exists():
            shutil.rmtree(bag)
    except OSError as error:
        raise OutputError(
            f"cannot write to {folder}: {error.strerror}: {error.filename or folder}"
        ) from error
