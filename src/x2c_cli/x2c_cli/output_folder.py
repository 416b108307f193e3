# SPDX-License-Identifier: Apache-2.0
"""Folders of results: what a demo may replace, and what is left when a command is stopped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from x2c_core.errors import OutputError

if TYPE_CHECKING:
    from rich.console import Console

    from x2c_core.files.results import ResultsFolder

BAG = "bag"
FILES = ("imitation.mp4", "poster.jpg", "controls.csv", "report.json", "report.png")
"""Names of the results beside the bag."""

RESULTS = (BAG, *FILES)
"""Names of everything that a run replaces."""

FAILED = "failed"
"""Folder for the results of a run that failed."""

_IN_BAG = {".mcap", ".yaml"}


def check(folder: Path, video: str) -> None:
    """Refuse a folder in which results would replace what is of the user.

    Args:
        folder: Folder for results; it need not exist.
        video: Video to imitate, which must not be among the results.

    Raises:
        OutputError: The text says what is in the way.
    """
    if video and Path(video).exists():
        source = Path(video).resolve()
        if source in [(folder / name).resolve() for name in RESULTS]:
            raise OutputError(
                f"{video} is a result of an earlier run, which would be replaced: "
                "choose another folder for the results, or copy the video first"
            )
    bag = folder / BAG
    strangers = [file.name for file in bag.glob("*") if file.suffix not in _IN_BAG]
    if strangers or bag.is_symlink() or bag.is_file():
        held = f" holds {', '.join(sorted(strangers))}" if strangers else " is no folder of ours"
        raise OutputError(f"{bag}{held}: choose another folder for the results")


@contextmanager
def left_after_interruption(results: ResultsFolder, console: Console) -> Iterator[None]:
    """Say where the results so far are if Ctrl-C stops the block at once."""
    try:
        yield
    except KeyboardInterrupt:
        if any(results.work.iterdir()):
            console.print(
                f"Stopped; what was made so far is in {results.work}",
                markup=False,
                highlight=False,
                soft_wrap=True,
            )
        raise
