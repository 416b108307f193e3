# SPDX-License-Identifier: Apache-2.0
"""Frames of a camera source that comes to an end: a video, a folder of images, the performer."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from x2c_bags.frames.frame_source import Frame, FrameSource, SourceFacts
from x2c_core.arrays import ImageArray
from x2c_core.files.issues import Issues
from x2c_core.sources.camera_source import IMAGE_RATE
from x2c_evaluation.errors import EvaluationError
from x2c_evaluation.pipeline.even_images import readable_images
from x2c_perception.cameras.choice import choose_source


class CameraFrames(FrameSource):
    """The images of a camera source.

    Stamps are those of the source; without any, the time since the beginning: the image's own, or
    that at the source's rate.

    Args:
        text: Path, or "NAME:TEXT" with the name of a source.

    Raises:
        SourceError: The source cannot be read.
        EvaluationError: Its images never end.
    """

    def __init__(self, text: str) -> None:
        self._source = choose_source("", text)
        if self._source.is_endless:
            raise EvaluationError(
                f"{text} is one image or a camera, which is no recording; expected a video, a "
                "folder of images, or a bag"
            )
        form = self._source.form
        facts = SourceFacts(form, form=Path(text).suffix.lstrip("."))
        super().__init__(facts, Issues(), self._source.promised)
        with self._source:
            self.rate = self._source.rate or IMAGE_RATE
        self._counted = False

    def frames(self) -> Iterator[Frame]:
        """Yield the frames that can be read."""
        sizes: dict[str, int] = {}
        for index, image in self._read():
            stamp = self._stamp(index)
            size = f"{image.shape[1]}x{image.shape[0]}"
            sizes[size] = sizes.get(size, 0) + 1
            yield Frame(index, stamp, stamp, image)
        if not self._counted:
            self._counted = True
            self.facts.sizes = sizes

    def images(self, indices: Collection[int]) -> dict[int, ImageArray]:
        """Return some images by index."""
        wanted = set(indices)
        found: dict[int, ImageArray] = {}
        for index, image in self._read():
            if index in wanted:
                found[index] = image
                if len(found) == len(wanted):
                    break
        return found

    def _stamp(self, index: int) -> int:
        for given in (self._source.stamp, self._source.elapsed):
            if given is not None:
                return given
        return round(index * 1e9 / self.rate)

    def _read(self) -> Iterator[tuple[int, ImageArray]]:
        with self._source:
            try:
                yield from readable_images(
                    self._source, lambda error: self.issues.once(str(error))
                )
            except Exception as error:  # Code of other packages raises anything.
                self.issues.once(f"reading ended: {type(error).__name__}: {error}")
