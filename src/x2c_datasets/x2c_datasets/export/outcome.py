# SPDX-License-Identifier: Apache-2.0
"""What an export has made, and what it left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from x2c_datasets.export.pairs import BagPairs

Advance = Callable[[int], None]
"""Called with the number of images that have been dealt with."""


@dataclass
class ExportOutcome:
    """What an export has made.

    Attributes:
        pairs: How many pairs, or frames, there are now.
        clips: How many clips, or episodes, they belong to.
        left_out: How many images were left out, by bag and reason.
        resized: How many images had another size than the first one.
        issues: What of the bags could not be read, in plain sentences.
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
