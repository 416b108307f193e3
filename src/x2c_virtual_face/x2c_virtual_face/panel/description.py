# SPDX-License-Identifier: Apache-2.0
"""Data with which the page draws its sliders."""

from __future__ import annotations

from typing import Any

from x2c_core.control_space import controls
from x2c_core.control_space.captions import CAPTIONS, split_side
from x2c_core.control_space.controls import Group, Unit
from x2c_virtual_face.blend import EXPRESSION_NAMES

_SECTIONS = {
    "Brows and nose": (Group.BROW, Group.NOSE),
    "Eyes": (Group.EYELID, Group.GAZE),
    "Mouth": (Group.MOUTH,),
    "Head and neck": (Group.HEAD, Group.NECK),
}
_ORDER = ("Right", "Middle", "Left", "")
"""As the face is seen: its right is on the left."""


def description(title: str) -> dict[str, Any]:
    """Return the page's title, its sections with rows of sliders, and the expressions."""
    return {
        "title": title,
        "sections": [
            {"title": section, "rows": _rows(groups)} for section, groups in _SECTIONS.items()
        ],
        "expressions": EXPRESSION_NAMES,
    }


def _rows(groups: tuple[Group, ...]) -> list[dict[str, Any]]:
    rows: dict[str, list[controls.Control]] = {}
    for group in groups:
        for control in controls.CONTROLS:
            if control.group is group:
                rows.setdefault(split_side(control.name)[0], []).append(control)
    return [
        {
            "label": label,
            "low": CAPTIONS[members[0].name].low,
            "high": CAPTIONS[members[0].name].high,
            "sliders": [
                _slider(control)
                for control in sorted(members, key=lambda c: _ORDER.index(split_side(c.name)[1]))
            ],
        }
        for label, members in rows.items()
    ]


def _slider(control: controls.Control) -> dict[str, Any]:
    return {
        "index": control.index,
        "name": control.name,
        "side": split_side(control.name)[1],
        "moves": CAPTIONS[control.name].moves,
        "minimum": control.minimum,
        "maximum": control.maximum,
        "neutral": control.neutral,
        "unit": "rad" if control.unit is Unit.RADIAN else "",
    }
