# SPDX-License-Identifier: Apache-2.0
"""Cut the pairs of a bag into clips without gaps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from x2c_datasets.export.pairs import BagPair


def clips(
    pairs: Iterable[BagPair | None], longest_gap: float, longest: int
) -> Iterator[list[BagPair]]:
    """Yield lists of pairs that follow each other.

    Args:
        pairs: Pairs in order; None for an image without one.
        longest_gap: Stamps further apart, or that go back, begin a new clip [s].
        longest: Most pairs of a clip.
    """
    clip: list[BagPair] = []
    for pair in pairs:
        if pair is None:
            continue
        apart = (pair.stamp - clip[-1].stamp) * 1e-9 if clip else 0.0
        if clip and (len(clip) >= longest or not 0.0 <= apart <= longest_gap):
            yield clip
            clip = []
        clip.append(pair)
    if clip:
        yield clip
