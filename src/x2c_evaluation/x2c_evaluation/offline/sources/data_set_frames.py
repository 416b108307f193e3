# SPDX-License-Identifier: Apache-2.0
"""Images of a data set: each by itself, with the control values that belong to it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from x2c_bags.frames.frame_source import Frame, FrameReference, FrameSource, SourceFacts
from x2c_core.arrays import ImageArray
from x2c_core.control_space import controls
from x2c_core.control_space.control_error import scaled
from x2c_core.files.issues import Issues
from x2c_datasets.errors import DataSetError
from x2c_datasets.formats import Pair, hub, layout, read_data_set, upstream

_SECOND = 1_000_000_000
_JUDGED = ("test", "real_test")
"""Splits that are evaluated where there are such; else all."""
_SKIPPED_LISTED = 20


def is_data_set(path: Path) -> bool:
    """Return whether a path is a data set: X2C-Sim, or X2C as upstream publishes it."""
    if path.is_file():
        return path.suffix == ".pkl"
    return path.is_dir() and (
        any((path / split / layout.METADATA).is_file() for split in layout.SPLITS)
        or any((path / name).is_file() for name in (hub.METADATA, *upstream.FILES))
        or bool(layout.parts(path))
    )


class DataSetFrames(FrameSource):
    """The images of a data set, in order; the test split if it has one.

    Stamps are a second apart: nothing is smoothed from one image to the next. Each animation
    shows a person; before the images of a person comes the one nearest to neutral.

    Args:
        path: Path of the data set.

    Raises:
        DataSetError: Nothing of it can be used.
    """

    has_neutral = True
    is_independent = True

    def __init__(self, path: Path) -> None:
        data = read_data_set(path)
        splits = [name for name in _JUDGED if name in data.splits]
        chosen = data.split(*splits) if splits else data
        self.pairs: Sequence[Pair] = chosen.pairs
        facts = SourceFacts("data set", form=", ".join(splits) or "all splits")
        issues = Issues()
        for one in data.skipped[:_SKIPPED_LISTED]:
            issues.add(str(one))
        if len(data.skipped) > _SKIPPED_LISTED:
            issues.add("more rows of the data set", len(data.skipped) - _SKIPPED_LISTED)
        for note in data.notes:
            issues.add(note, loss=False)
        super().__init__(facts, issues, len(self.pairs))

    def frames(self) -> Iterator[Frame]:
        """Yield the images that can be read, and the neutral one of each person before."""
        counting, self._counted = not self._counted, True
        persons = self._persons()
        neutrals = self._neutrals(persons)
        shown: int | None = None
        for index, pair in enumerate(self.pairs):
            try:
                image = _bgr(pair)
            except DataSetError as error:
                if counting:
                    self.issues.add(str(error))
                continue
            if counting:
                size = f"{image.shape[1]}x{image.shape[0]}"
                self.facts.sizes[size] = self.facts.sizes.get(size, 0) + 1
            person, stamp = persons[index], (index + 1) * _SECOND
            if person != shown:
                shown = person
                for neutral in self.images([neutrals[person]]).values():
                    yield Frame(-1, stamp, stamp, neutral, is_neutral=True, person=person)
            yield Frame(index, stamp, stamp, image, person=person)

    def selected(self, indices: Collection[int]) -> Iterator[tuple[int, ImageArray]]:
        """Yield index and image of some frames."""
        for index in indices:
            with suppress(DataSetError):
                yield index, _bgr(self.pairs[index])

    def reference(self) -> FrameReference:
        """Return the control values that belong to the images."""
        stamps = (np.arange(len(self.pairs), dtype=np.int64) + 1) * _SECOND
        values = np.array([pair.values for pair in self.pairs])
        return FrameReference(stamps, values, "the data set's values")

    def _persons(self) -> list[int]:
        """Return for each image the number of the person, animation by animation."""
        numbers: dict[str, int] = {}
        return [numbers.setdefault(pair.animation, len(numbers)) for pair in self.pairs]

    def _neutrals(self, persons: Sequence[int]) -> dict[int, int]:
        """Return for each person the index of the image whose values are nearest to neutral."""
        offsets = np.array([pair.values for pair in self.pairs])
        away = np.abs(scaled(offsets) - scaled(controls.NEUTRAL)).sum(axis=1)
        nearest: dict[int, int] = {}
        for index, person in enumerate(persons):
            if person not in nearest or away[index] < away[nearest[person]]:
                nearest[person] = index
        return nearest


def _bgr(pair: Pair) -> ImageArray:
    return np.ascontiguousarray(pair.read_image()[:, :, ::-1])
