# SPDX-License-Identifier: Apache-2.0
"""Labels of clips: their expression, and when or in which image the people are at rest."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from x2c_core.files.input_limits import CSV_BYTES, LimitError
from x2c_core.files.regular_files import read_text
from x2c_evaluation.errors import FidelityError
from x2c_evaluation.fidelity.judge.expression_judge import (
    Expression,
    expression_in,
    expression_of,
)

_COLUMNS = ("clip", "expression", "neutral")


@dataclass(frozen=True)
class ClipLabel:
    """Label of a clip.

    Attributes:
        expression: Expression of its apex; None if it is not known.
        neutral: Image of the person at rest, or the time of the clip at which they are [s]; None
            for neither.
    """

    expression: Expression | None = None
    neutral: Path | float | None = None


UNKNOWN = ClipLabel()
"""Label of a clip of which nothing is known."""


def label_of(video: str, labels: Mapping[str, ClipLabel]) -> ClipLabel:
    """Return the label of a video: from labels, else by a word of its name."""
    path = Path(video)
    for name in (path.name, path.stem):
        if name in labels:
            return labels[name]
    return ClipLabel(expression_in(path.stem))


def read_labels(path: Path) -> dict[str, ClipLabel]:
    """Return the labels of a CSV file by the name of the clip.

    Raises:
        FidelityError: The file cannot be read, or something in it cannot be.
    """
    try:
        lines = list(csv.reader(read_text(path, CSV_BYTES, "utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, LimitError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise FidelityError(f"{path} cannot be read: {reason}") from error
    names = [name.strip().lower() for name in lines[0]] if lines else []
    unknown = [name for name in names if name not in _COLUMNS]
    if "clip" not in names or unknown or len(set(names)) < len(names):
        raise FidelityError(
            f"{path}, line 1: expected a header of {', '.join(_COLUMNS)}, the last two if there "
            f"are any; found {','.join(names) or 'nothing'}"
        )
    found: dict[str, ClipLabel] = {}
    for number, line in enumerate(lines[1:], start=2):
        row = dict(zip(names, (cell.strip() for cell in line), strict=False))
        if not any(row.values()):
            continue
        if not row["clip"] or row["clip"] in found:
            raise FidelityError(f"{path}, line {number}: expected the name of another clip")
        found[row["clip"]] = _label(row, path, number)
    return found


def _label(row: Mapping[str, str], path: Path, number: int) -> ClipLabel:
    expression = None
    if word := row.get("expression", ""):
        expression = expression_of(word)
        if expression is None:
            raise FidelityError(
                f"{path}, line {number}: {word!r} is no known expression; expected one of "
                f"{', '.join(Expression)}, or nothing"
            )
    return ClipLabel(expression, _neutral(row.get("neutral", ""), path, number))


def _neutral(text: str, path: Path, number: int) -> Path | float | None:
    if not text:
        return None
    with suppress(ValueError):
        seconds = float(text)
        if not math.isfinite(seconds) or seconds < 0.0:
            raise FidelityError(
                f"{path}, line {number}: the time {text} is not in a clip; expected 0 s or more"
            )
        return seconds
    image = path.parent / text
    if not image.is_file():
        raise FidelityError(
            f"{path}, line {number}: there is no image {image}; expected an image, or a time of "
            "the clip in seconds"
        )
    return image
