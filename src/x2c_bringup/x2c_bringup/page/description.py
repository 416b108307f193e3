# SPDX-License-Identifier: Apache-2.0
"""Parts of the page that never change: controls, expressions, and lines of the face."""

from __future__ import annotations

import hashlib
from importlib import resources
from typing import Any

from x2c_core.control_space.blend import EXPRESSION_NAMES
from x2c_core.control_space.sections import sections
from x2c_core.face import topology

_CLOSED = (topology.OVAL,)
_OPEN = (
    *(topology.EYE_RIGHT_UPPER, topology.EYE_RIGHT_LOWER),
    *(topology.EYE_LEFT_UPPER, topology.EYE_LEFT_LOWER),
    *(topology.BROW_RIGHT_UPPER, topology.BROW_LEFT_UPPER),
    *(topology.LIP_UPPER_OUTER, topology.LIP_UPPER_INNER),
    *(topology.LIP_LOWER_INNER, topology.LIP_LOWER_OUTER),
)


def description(face: str = "", *, stops: bool = True) -> dict[str, Any]:
    """Return sections of controls, expressions, and indices of landmarks along lines of the face.

    Args:
        face: Title of a page for a face that sliders move; empty for a robot that imitates.
        stops: Whether there are nodes that an emergency stop is for.
    """
    paths = [path.tolist() for path in _OPEN]
    paths += [[*path.tolist(), int(path[0])] for path in _CLOSED]
    return {
        "sections": sections(),
        "expressions": EXPRESSION_NAMES,
        "paths": paths,
        "face": face,
        "stops": stops,
        "version": _version(),
    }


def _version() -> str:
    """Return what tells the files of the page from those of another version."""
    folder = resources.files("x2c_bringup") / "page" / "data"
    files = sorted(folder.iterdir(), key=lambda one: one.name)
    return hashlib.sha256(b"".join(one.read_bytes() for one in files)).hexdigest()[:16]
