# SPDX-License-Identifier: Apache-2.0
"""The gallery as one HTML page, or as a Markdown page with images beside it."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path

from x2c_core.system.versions import versions
from x2c_evaluation.gallery.robot_card import RobotCard
from x2c_evaluation.offline.page.rendering import render

_PER_ROW = 4


def gallery_page(cards: Sequence[RobotCard]) -> str:
    """Return the gallery as an HTML page that loads nothing else."""
    return render("gallery.html", cards=cards, jpeg=_base64, versions=versions())


def gallery_markdown(cards: Sequence[RobotCard]) -> str:
    """Return the gallery as Markdown; `gallery_images` are the images in it."""
    rows = {
        card.name: [
            card.expressions[k : k + _PER_ROW] for k in range(0, len(card.expressions), _PER_ROW)
        ]
        for card in cards
    }
    return render("gallery.md", cards=cards, rows=rows, per_row=_PER_ROW, path=_path)


def gallery_images(cards: Sequence[RobotCard]) -> dict[Path, bytes]:
    """Return the images of the Markdown page by their paths beside it."""
    return {
        Path(_path(card.name, one.name)): one.image
        for card in cards
        for one in card.expressions
        if one.image
    }


def _path(robot: str, expression: str) -> str:
    return f"images/{robot}_{expression}.jpg"


def _base64(image: bytes) -> str:
    return base64.b64encode(image).decode("ascii")
