# SPDX-License-Identifier: Apache-2.0
"""Colours and look of matplotlib figures in reports."""

from __future__ import annotations

from typing import Any

INK, FAINT, LINE = "#1b222c", "#66707e", "#d8dde3"

HUES = ("#2f6fde", "#d9483b", "#2a9d66", "#b07a12", "#8452c9", "#1b8a9e")
"""Colours of lines, one after the other."""


def plain(axes: Any) -> None:
    """Give matplotlib axes a light grid and small labels, and no frame."""
    axes.grid(True, color=LINE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=8.5, colors=FAINT, length=0)
    for side in axes.spines.values():
        side.set_visible(False)
