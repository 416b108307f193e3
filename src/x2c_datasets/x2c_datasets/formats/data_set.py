# SPDX-License-Identifier: Apache-2.0
"""One set of pairs, whatever it was read from, and what of it had to be left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import overload

import numpy as np

from x2c_core.arrays import Array, ImageArray
from x2c_core.images.image_decoding import ImageDecodingError, read_image
from x2c_core.words import counted
from x2c_datasets.errors import DataSetError

_LISTED = 20
"""Number of skipped rows that a report names."""


@dataclass(frozen=True)
class Pair:
    """An image of a robot's face and the control values that made it.

    Attributes:
        image: Path of the image.
        values: (30,) [ratio or rad].
        animation: Identifier of the animation it belongs to; empty where that is unknown.
        split: "train", "val", "test", or "real_test" for upstream's images of people.
        source: File that lists the pair.
        row: Place in that file, from 0.
        landmarks: (478, 3) [interocular distances] in the head frame, or None.
        projection: (3, 4) from that frame to homogeneous pixels, or None.
    """

    image: Path
    values: Array
    animation: str
    split: str
    source: Path
    row: int
    landmarks: Array | None = None
    projection: Array | None = None

    def read_image(self) -> ImageArray:
        """Return the image (height, width, 3), RGB.

        Raises:
            DataSetError: The file is no image.
        """
        try:
            bgr = read_image(self.image)
        except ImageDecodingError as error:
            raise DataSetError(f"{self.source} row {self.row}: {error}") from error
        return np.ascontiguousarray(bgr[:, :, ::-1], dtype=np.uint8)

    def landmark_pixels(self) -> Array:
        """Return where the landmarks (478, 2) are in the image [px].

        Raises:
            DataSetError: The pair was read without landmarks, or has none.
        """
        if self.landmarks is None or self.projection is None:
            raise DataSetError(f"{self.source} row {self.row} was read without landmarks")
        homogeneous = self.landmarks @ self.projection[:, :3].T + self.projection[:, 3]
        return np.asarray(homogeneous[:, :2] / homogeneous[:, 2:])


@dataclass(frozen=True)
class Skipped:
    """A row that cannot be used, or a whole file.

    Attributes:
        file: File that lists the pair.
        row: Place in that file, from 0; None for the whole file.
        reason: Reason for skipping.
    """

    file: Path
    row: int | None
    reason: str

    def __str__(self) -> str:
        """Return one line for people."""
        where = f"{self.file}" if self.row is None else f"{self.file} row {self.row}"
        return f"{where}: {self.reason}"


@dataclass(frozen=True)
class DataSet(Sequence[Pair]):
    """Pairs in the order of their files.

    Attributes:
        folder: It was read from.
        pairs: Usable pairs.
        skipped: Unusable rows.
        notes: Notes and assumptions made while reading, a sentence each.
    """

    folder: Path
    pairs: Sequence[Pair]
    skipped: Sequence[Skipped] = ()
    notes: Sequence[str] = field(default=())

    def __len__(self) -> int:
        """Return how many pairs there are."""
        return len(self.pairs)

    @overload
    def __getitem__(self, index: int) -> Pair: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Pair]: ...
    def __getitem__(self, index: int | slice) -> Pair | Sequence[Pair]:
        """Return one pair, or several."""
        return self.pairs[index]

    def __iter__(self) -> Iterator[Pair]:
        """Go through the pairs in order."""
        return iter(self.pairs)

    @property
    def splits(self) -> tuple[str, ...]:
        """Names of the splits that hold pairs, in the order of their first pair."""
        return tuple(dict.fromkeys(pair.split for pair in self.pairs))

    @property
    def animations(self) -> tuple[str, ...]:
        """Identifiers of the animations, in the order of their first pair."""
        return tuple(dict.fromkeys(pair.animation for pair in self.pairs))

    def values(self) -> Array:
        """Return the control values (n, 30) [ratio or rad] of all pairs."""
        return np.array([pair.values for pair in self.pairs]).reshape(len(self.pairs), -1)

    def split(self, *names: str) -> DataSet:
        """Return the pairs of one split, or of several.

        Raises:
            DataSetError: A split holds no pair.
        """
        unknown = [name for name in names if name not in self.splits]
        if unknown:
            known = ", ".join(self.splits) or "none"
            raise DataSetError(
                f"{self.folder} has no pairs in the split {unknown[0]!r}; its splits are: {known}"
            )
        kept = [pair for pair in self.pairs if pair.split in names]
        return DataSet(self.folder, kept, self.skipped, self.notes)

    def report(self) -> list[str]:
        """Return lines that say what there is, what was assumed and what was skipped."""
        counts = [
            f"{sum(pair.split == name for pair in self.pairs)} {name}" for name in self.splits
        ]
        lines = [f"{self.folder}: {counted(len(self), 'pair')} ({', '.join(counts) or 'empty'})"]
        lines += self.notes
        if self.skipped:
            lines.append(f"skipped {len(self.skipped)}:")
            lines += [f"  {one}" for one in self.skipped[:_LISTED]]
            if len(self.skipped) > _LISTED:
                lines.append(f"  and {len(self.skipped) - _LISTED} more")
        return lines
