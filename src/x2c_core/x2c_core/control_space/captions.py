# SPDX-License-Identifier: Apache-2.0
"""Plain descriptions of the effect of each control on the virtual face."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from x2c_core.control_space import controls


@dataclass(frozen=True)
class Caption:
    """Effect of a control, and the look of the face at both ends of its range.

    Attributes:
        moves: Parts of the face that move.
        low: The face at the lowest value.
        high: The face at the highest value.
    """

    moves: str
    low: str
    high: str


_BY_STEM: Mapping[str, tuple[str, str, str]] = {
    "Brow Inner": ("inner end of the {side} brow", "lowered", "raised"),
    "Brow Outer": ("outer end of the {side} brow", "lowered", "raised"),
    "Eyelid Lower": ("{side} lower lid", "squinting", "wide open"),
    "Eyelid Upper": ("{side} upper lid", "shut", "wide open"),
    "Gaze Target Phi": ("both eyes, sideways", "to its right", "to its left"),
    "Gaze Target Theta": ("both eyes, up and down", "down", "up"),
    "Head Pitch": ("head, nodding", "nose up", "nose down"),
    "Head Roll": ("head, tilting", "to its left shoulder", "to its right shoulder"),
    "Head Yaw": ("head, turning", "to its right", "to its left"),
    "Jaw Pitch": ("lower jaw, up and down", "wide open", "closed"),
    "Jaw Yaw": ("lower jaw, sideways", "to its right", "to its left"),
    "Lip Bottom Curl": ("lower lip, rolling", "rolled in", "rolled out"),
    "Lip Bottom Depress": ("{side} of the lower lip", "up", "down"),
    "Lip Corner Raise": ("{side} corner of the mouth; the cheek goes along", "down", "up"),
    "Lip Corner Stretch": ("{side} corner of the mouth, sideways", "pursed", "stretched"),
    "Lip Top Curl": ("upper lip, rolling", "rolled in", "rolled out"),
    "Lip Top Raise": ("{side} of the upper lip", "down", "up"),
    "Neck Pitch": ("neck, leaning", "back", "forward"),
    "Neck Roll": ("neck, leaning sideways", "to its left shoulder", "to its right shoulder"),
    "Nose Wrinkle": ("nose and the bridge of the nose", "smooth", "wrinkled"),
}

_SIDES = ("Left", "Middle", "Right")


def split_side(name: str) -> tuple[str, str]:
    """Return a control's name without its side, and the side: Left, Middle, Right or empty."""
    stem, _, last = name.rpartition(" ")
    return (stem, last) if last in _SIDES else (name, "")


def _caption(name: str) -> Caption:
    stem, side = split_side(name)
    moves, low, high = _BY_STEM[stem]
    return Caption(moves.format(side=side.lower()), low, high)


CAPTIONS: Mapping[str, Caption] = {name: _caption(name) for name in controls.NAMES}
"""By the control's name."""
