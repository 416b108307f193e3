# SPDX-License-Identifier: Apache-2.0
"""Frames of a camera source that comes to an end: a video, images, the performer."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator
from itertools import islice
from pathlib import Path

from x2c_bags.frames.frame_source import Frame, FrameSource, SourceFacts
from x2c_core.arrays import ImageArray
from x2c_core.files.issues import Issues
from x2c_core.sources.camera_source import IMAGE_RATE
from x2c_evaluation.errors import EvaluationError
from x2c_evaluation.pipeline.even_images import readable_images
from x2c_perception.cameras.choice import choose_source
from x2c_perception.cameras.image_files import ImageSequence, StillImage


class CameraFrames(FrameSource):
    """The images of a camera source.

    An image, or a folder of images that are not numbered one after the other, has no past: each
    is looked at by itself.

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
        self._is_one_image = isinstance(self._source, StillImage)
        if self._source.is_endless and not self._is_one_image:
            raise EvaluationError(
                f"{text} is a camera, which is no recording; expected a video, images, or a bag"
            )
        form = "images" if self._is_one_image else self._source.form
        facts = SourceFacts(form, form=Path(text).suffix.lstrip("."))
        super().__init__(facts, Issues(), 1 if self._is_one_image else self._source.promised)
        with self._source:
            self.rate = self._source.rate or IMAGE_RATE
            if isinstance(self._source, ImageSequence):
                self.is_independent = not self._source.is_one_take
        self.is_independent |= self._is_one_image

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

    def selected(self, indices: Collection[int]) -> Iterator[tuple[int, ImageArray]]:
        """Yield index and image of some frames."""
        wanted = set(indices)
        for index, image in self._read(wanted) if wanted else ():
            yield index, image
            wanted.discard(index)
            if not wanted:
                return

    def _stamp(self, index: int) -> int:
        for given in (self._source.stamp, self._source.elapsed):
            if given is not None:
                return given
        return round(index * 1e9 / self.rate)

    def _read(self, wanted: Container[int] | None = None) -> Iterator[tuple[int, ImageArray]]:
        with self._source:
            try:
                images = readable_images(
                    self._source, lambda error: self.issues.once(str(error)), wanted
                )
                yield from islice(images, 1 if self._is_one_image else None)
            except Exception as error:  # Code of other packages raises anything.
                self.issues.once(f"reading ended: {type(error).__name__}: {error}")
