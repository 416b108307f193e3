# SPDX-License-Identifier: Apache-2.0
"""Names of what an X2C-Sim folder holds.

`train`, `val` and `test` each hold `metadata.parquet` and a folder of images for each animation,
`a000000/000.jpg` and so on. `collection.json` says what it was made with, `README.md` is the data
card with `values.png` and `samples.png`. While a collection is not complete, `.collect/parts`
holds one metadata file for each animation instead.
"""

from __future__ import annotations

from pathlib import Path

from x2c_core.control_space import controls

SPLITS = ("train", "val", "test")
METADATA = "metadata.parquet"
SETTINGS = "collection.json"
CARD = "README.md"
VALUES_PLOT = "values.png"
SAMPLES_SHEET = "samples.png"
WORK = ".collect"
PARTS = "parts"

FILE_NAME = "file_name"
ANIMATION = "animation_id"
ANIMATION_NAME = "animation_name"
FRAME = "frame"
TIME = "time"
SPLIT = "split"
LANDMARKS = "landmarks"
PROJECTION = "projection"
REQUIRED = (FILE_NAME, ANIMATION, *controls.NAMES)
"""Columns without which a row is no pair."""


def parts(folder: Path) -> list[Path]:
    """Return the metadata parts of a collection that is not complete, in order."""
    return sorted((folder / WORK / PARTS).glob("a*.parquet"))


def animation_id(index: int) -> str:
    """Return the identifier of an animation."""
    return f"a{index:06d}"


def image_name(frame: int) -> str:
    """Return the name of an animation's image."""
    return f"{frame:03d}.jpg"


def split_of(index: int) -> str:
    """Return the split that an animation belongs to: of ten, eight train, one val, one test."""
    return {4: "val", 9: "test"}.get(index % 10, "train")
