# SPDX-License-Identifier: Apache-2.0
"""Published weights of LivePortrait: which files there are, and where they are looked for.

They are never downloaded by this project. Needs no torch.
"""

from __future__ import annotations

import enum
import os
from dataclasses import dataclass
from pathlib import Path

from x2c_imitation.errors import NetworkError
from x2c_imitation.x2cnet.network.files import SAFETENSORS, digest

SOURCE = "https://huggingface.co/KlingTeam/LivePortrait"
"""Page of the weights; the organisation was called KwaiVGI before."""

LICENCE = "MIT"

FOLDER_VARIABLE = "X2C_LIVEPORTRAIT"
"""Environment variable with the folder of the weights."""

_DEFAULT_FOLDER = Path("~/.local/share/x2c/liveportrait")


class PortraitPart(enum.StrEnum):
    """Parts of LivePortrait, named as their files."""

    APPEARANCE = "appearance_feature_extractor"
    MOTION = "motion_extractor"
    WARPING = "warping_module"
    GENERATOR = "spade_generator"
    STITCHING = "stitching_retargeting_module"


@dataclass(frozen=True)
class PublishedFile:
    """File of published weights.

    Attributes:
        part: Part whose weights it holds.
        path: Path on the page, below its folder `liveportrait`.
        size: Number of bytes.
        sha256: Fingerprint, as the page states it.
    """

    part: PortraitPart
    path: str
    size: int
    sha256: str


PUBLISHED_FILES = (
    PublishedFile(
        PortraitPart.APPEARANCE,
        "base_models/appearance_feature_extractor.pth",
        3_387_959,
        "5279bb8654293dbdf327030b397f107237dd9212fb11dd75b83dfb635211ceb5",
    ),
    PublishedFile(
        PortraitPart.MOTION,
        "base_models/motion_extractor.pth",
        112_545_506,
        "251e6a94ad667a1d0c69526d292677165110ef7f0cf0f6d199f0e414e8aa0ca5",
    ),
    PublishedFile(
        PortraitPart.WARPING,
        "base_models/warping_module.pth",
        182_180_086,
        "2f61a6f265fe344f14132364859a78bdbbc2068577170693da57fb96d636e282",
    ),
    PublishedFile(
        PortraitPart.GENERATOR,
        "base_models/spade_generator.pth",
        221_813_590,
        "4780afc7909a9f84e24c01d73b31a555ef651521a1fe3b2429bd04534d992aee",
    ),
    PublishedFile(
        PortraitPart.STITCHING,
        "retargeting_models/stitching_retargeting_module.pth",
        2_393_098,
        "3652d5a3f95099141a56986aaddec92fadf0a73c87a20fac9a2c07c32b28b611",
    ),
)


class FileState(enum.StrEnum):
    """State of a file of weights."""

    MISSING = "missing"
    CUT_OFF = "cut off"
    OTHER = "not the published file"
    PUBLISHED = "as published"


@dataclass(frozen=True)
class FoundFile:
    """File of weights that was looked for.

    Attributes:
        published: The file as it was published.
        path: Path at which it is, or is expected.
        state: Comparison with the published file.
        size: Number of bytes; 0 where there is none.
    """

    published: PublishedFile
    path: Path
    state: FileState
    size: int


def weights_folder(given: str = "") -> Path:
    """Return the folder of the weights.

    Args:
        given: Path that the user gives; empty for the environment variable's, else the default.
    """
    chosen = given or os.environ.get(FOLDER_VARIABLE, "")
    return (Path(chosen) if chosen else _DEFAULT_FOLDER).expanduser()


def part_path(folder: Path, part: PortraitPart) -> Path | None:
    """Return the path of a part's weights; None where there are none.

    Folders as downloaded are understood, with or without subfolders, and safetensors.
    """
    published = next(file for file in PUBLISHED_FILES if file.part is part)
    below = Path(published.path)
    for base in (folder, folder / "liveportrait", folder / "pretrained_weights/liveportrait"):
        for relative in (below, Path(below.name)):
            for path in (base / relative, (base / relative).with_suffix(SAFETENSORS)):
                if path.exists():
                    return path
    return None


def required_path(folder: Path, part: PortraitPart) -> Path:
    """Return the path of a part's weights.

    Raises:
        NetworkError: There are none in the folder.
    """
    path = part_path(folder, part)
    if path is None:
        raise NetworkError(
            f"LivePortrait's {part}.pth is not in {folder}; './x2c weights where' says where it "
            "is published and where to put it, or use transfer:=warp, which needs no weights"
        )
    return path


def check_files(folder: Path) -> list[FoundFile]:
    """Return the state of each published file in a folder.

    Raises:
        NetworkError: A file cannot be read.
    """
    found = []
    for published in PUBLISHED_FILES:
        path = part_path(folder, published.part)
        if path is None:
            expected = folder / published.path
            found.append(FoundFile(published, expected, FileState.MISSING, 0))
            continue
        try:
            size = path.stat().st_size
            state = _state(path, size, published)
        except OSError as error:
            raise NetworkError(f"cannot read {path}: {error.strerror or error}") from error
        found.append(FoundFile(published, path, state, size))
    return found


def _state(path: Path, size: int, published: PublishedFile) -> FileState:
    if path.suffix == SAFETENSORS:
        # Converted by others: there is no published fingerprint.
        return FileState.OTHER
    if size < published.size:
        return FileState.CUT_OFF
    whole = size == published.size and digest(path) == published.sha256
    return FileState.PUBLISHED if whole else FileState.OTHER
