# SPDX-License-Identifier: Apache-2.0
"""Result of an export, and the images that were left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from x2c_core.words import counted
from x2c_datasets.errors import ExportError
from x2c_datasets.export.pairs import BagPairs

Advance = Callable[[int], None]
"""Called with the number of images that have been dealt with."""


@dataclass
class ExportOutcome:
    """Result of an export.

    Attributes:
        pairs: Number of pairs, or frames, in the export.
        clips: Number of clips, or episodes, that they belong to.
        left_out: Number of images left out, by bag and reason.
        resized: Number of images whose size differs from the first one's.
        issues: Problems found while reading the bags, in plain sentences.
    """

    pairs: int = 0
    clips: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    resized: int = 0
    issues: list[str] = field(default_factory=list)

    def note(self, bag: str, source: BagPairs) -> None:
        """Take over what was found amiss in a bag."""
        for reason, count in source.left_out.items():
            self.left_out[f"{bag}: {reason}"] += count
        self.issues += [f"{bag}: {one}" for one in source.reader.found if one.loss]


def nothing_to_export(left_out: Mapping[str, int]) -> ExportError:
    """Return the error of an export without a pair, with why images were left out."""
    found = [f"{reason} ({counted(count, 'image')})" for reason, count in left_out.items()]
    return ExportError(
        f"there is not one pair to export: {'; '.join(found) or 'there are no images'}"
    )
