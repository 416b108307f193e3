# SPDX-License-Identifier: Apache-2.0
"""Data with which the page draws its sliders."""

from __future__ import annotations

from typing import Any

from x2c_core.control_space.sections import sections
from x2c_virtual_face.blend import EXPRESSION_NAMES


def description(title: str) -> dict[str, Any]:
    """Return the page's title, its sections with rows of sliders, and the expressions."""
    return {"title": title, "sections": sections(), "expressions": EXPRESSION_NAMES}
