# SPDX-License-Identifier: Apache-2.0
"""Weights of LivePortrait, for the motion transfer liveportrait.

'where' lists the published files with size, SHA-256 and licence, and the folder in which they are
looked for. 'check' compares the files in that folder with them. Nothing is downloaded.

The exit status of 'check' is 0 if every file is there and none is cut off, else 1. A file that
differs from the published one is reported, but can be what you want, such as safetensors.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("action", choices=("where", "check"), help="what to do")
    parser.add_argument(
        "--folder",
        metavar="DIR",
        default="",
        help="folder of the weights (default: $X2C_LIVEPORTRAIT, else the user's data folder)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    from x2c_imitation.x2cnet.liveportrait.published import weights_folder

    folder = weights_folder(arguments.folder)
    if arguments.action == "where":
        print("\n".join(_where(folder)))
        return 0
    return _check(folder)


def _where(folder: Path) -> Iterator[str]:
    from x2c_imitation.x2cnet.liveportrait.published import LICENCE, PUBLISHED_FILES, SOURCE

    yield f"LivePortrait's weights (licence: {LICENCE}) are published at"
    yield f"  {SOURCE}/tree/main/liveportrait"
    yield "Download these files yourself; X2C never does:"
    for file in PUBLISHED_FILES:
        yield f"  {file.path}"
        yield f"      {SOURCE}/resolve/main/liveportrait/{file.path}"
        yield f"      {file.size:,} bytes, SHA-256 {file.sha256}"
    yield f"Put them into {folder}"
    yield "(--folder, or the environment variable X2C_LIVEPORTRAIT, names another). Then run"
    yield "  x2c weights check"
    yield "The face detector published beside them (insightface) is not for commercial use; X2C"
    yield "does not need it."


def _check(folder: Path) -> int:
    from x2c_imitation.x2cnet.liveportrait.published import FileState, check_files

    found = check_files(folder)
    for file in found:
        sizes = ""
        if file.state in (FileState.CUT_OFF, FileState.OTHER):
            sizes = f" ({file.size:,} bytes, published {file.published.size:,})"
        print(f"{file.path}: {file.state}{sizes}")
    bad = any(file.state in (FileState.MISSING, FileState.CUT_OFF) for file in found)
    print("'x2c weights where' says where they are published." if bad else "All files are there.")
    return int(bad)
