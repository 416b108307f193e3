# SPDX-License-Identifier: Apache-2.0
"""Order in which pages show the controls: sections of the face, rows, and sides."""

from __future__ import annotations

from typing import Any

from x2c_core.control_space import controls
from x2c_core.control_space.captions import CAPTIONS, split_side
from x2c_core.control_space.controls import Group, Unit

_SECTIONS = {
    "Brows and nose": (Group.BROW, Group.NOSE),
    "Eyes": (Group.EYELID, Group.GAZE),
    "Mouth": (Group.MOUTH,),
    "Head and neck": (Group.HEAD, Group.NECK),
}
_ORDER = ("Right", "Middle", "Left", "")
"""As the face is seen: its right is on the left."""


def sections() -> list[dict[str, Any]]:
    """Return the sections with their rows of controls, as JSON can hold them."""
    return [{"title": title, "rows": _rows(groups)} for title, groups in _SECTIONS.items()]


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
            "controls": [
                _entry(control)
                for control in sorted(members, key=lambda c: _ORDER.index(split_side(c.name)[1]))
            ],
        }
        for label, members in rows.items()
    ]


def _entry(control: controls.Control) -> dict[str, Any]:
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
