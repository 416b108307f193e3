# SPDX-License-Identifier: Apache-2.0
"""A sheet of images of a data set: peaks of many animations, and one animation in full."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np

from x2c_core.arrays import Array, ImageArray
from x2c_core.control_space import controls
from x2c_core.control_space.controls import Group
from x2c_core.images.image_decoding import ImageDecodingError, read_image
from x2c_core.images.theme import put_text, text_width

T = TypeVar("T")

_COLUMNS, _ROWS = 8, 5
_SIDE, _LABEL = 150, 20
_SEQUENCES = 2
_TELLING = np.isin(
    [control.group for control in controls.CONTROLS], [Group.BROW, Group.MOUTH, Group.NOSE]
)
"""Controls by which peaks are found: shut lids are mostly a blink."""
_INK, _PAPER = "#333333", 255
_SIZE = 12.0


@dataclass(frozen=True)
class Listed:
    """One image that can be shown.

    Attributes:
        image: Its path.
        animation: Identifier of its animation.
        name: Name of its animation.
        values: (30,) [ratio or rad].
    """

    image: Path
    animation: str
    name: str
    values: Array


def sheet(pairs: Sequence[Listed]) -> ImageArray:
    """Return the sheet as a BGR image.

    Args:
        pairs: Pairs of the data set, animation by animation.
    """
    by_animation: dict[str, list[Listed]] = {}
    for pair in pairs:
        by_animation.setdefault(pair.animation, []).append(pair)
    animations = list(by_animation.values())
    peaks = [max(one, key=_reach) for one in _spread(animations, _COLUMNS * _ROWS)]
    cells = [_cell(pair.image, pair.name) for pair in peaks]
    cells += [_blank()] * (-len(cells) % _COLUMNS)
    for sequence in _spread(animations, _SEQUENCES):
        frames = _spread(sequence, _COLUMNS)
        cells += [_cell(one.image, one.name if k == 0 else "") for k, one in enumerate(frames)]
        cells += [_blank()] * (-len(cells) % _COLUMNS)
    rows = [cells[start : start + _COLUMNS] for start in range(0, len(cells), _COLUMNS)]
    return np.vstack([np.hstack(row) for row in rows])


def _reach(pair: Listed) -> float:
    return float(np.abs(controls.to_deflection(pair.values))[_TELLING].sum())


def _spread(items: Sequence[T], count: int) -> list[T]:
    if len(items) <= count:
        return list(items)
    return [items[k * (len(items) - 1) // max(count - 1, 1)] for k in range(count)]


def _blank() -> ImageArray:
    return np.full((_SIDE + _LABEL, _SIDE, 3), _PAPER, np.uint8)


def _cell(image: Path, label: str) -> ImageArray:
    cell = _blank()
    with suppress(ImageDecodingError):
        pixels = read_image(image)
        scale = _SIDE / max(pixels.shape[:2])
        height, width = (max(1, round(length * scale)) for length in pixels.shape[:2])
        small = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
        cell[:height, :width] = small
    while label and text_width(label, _SIZE) > _SIDE - 4:
        label = label[:-1]
    put_text(cell, label, 2, _SIDE + 14, _SIZE, _INK)
    return cell
